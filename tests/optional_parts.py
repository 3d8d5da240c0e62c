"""Plugin: tests of rare parts are collected where the part is installed; the head of a run says what is left out."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

FULL_POSTGRES = sorted(Path("/usr/share/postgresql").glob("*/extension/pg_trgm.control"))
SPARK = pytest.param(
    "spark",
    marks=[
        pytest.mark.servers,
        pytest.mark.long,
        pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # PySpark leaves them to the collector
    ],
)
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")


def _missing() -> dict[str, str]:
    """File of tests to what it lacks here."""
    missing = {}
    if not SOFTHSM.exists() or find_spec("pkcs11") is None:
        missing["test_hsm.py"] = "no SoftHSM (apt-get install softhsm2; the extra `hsm`)"
    if not FULL_POSTGRES:
        missing["test_on_postgres.py"] = "no PostgreSQL with pg_trgm (apt-get install postgresql)"
    if find_spec("ibis") is None:
        missing |= dict.fromkeys(
            ("test_there.py", "test_engine.py", "test_drift_cli.py"), "no Ibis (the extra `engines`)"
        )
    return missing


@pytest.fixture
def spark_here() -> None:
    """Skip where Spark cannot run."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no Spark here: the extra `spark` and Java 17 (apt-get install openjdk-17-jre-headless)")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a file whose part is not installed."""
    return True if collection_path.name in _missing() else None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is left out."""
    return [f"left out: {name}: {reason}" for name, reason in _missing().items()]
