"""Real stores for the tests of pulling."""

from tests.postgres_server import postgres  # noqa: F401 - a fixture
from tests.servers import seaweed  # noqa: F401 - a fixture
