"""The page docs/formats/rows.md says what is so."""

import re
from datetime import UTC, datetime
from pathlib import Path

from governance.registry.system import Source
from tests.row_builders import a_system, home, pull, read

PAGE = Path(__file__).parents[3] / "docs/formats/rows.md"


def test_the_example_is_read(tmp_path: Path) -> None:
    """Three rows, with the moments and nulls that the page promises."""
    example = re.search(r"```csv\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    here = home(tmp_path / "home")
    (here / "rows.csv").write_text(example[1])

    found = read(pull(a_system(predictions=Source(address="rows.csv")), here))

    noon = datetime(2026, 10, 5, 10, 30, tzinfo=UTC)
    assert found["time"].to_list() == [noon, noon, datetime(2026, 10, 5, 22, tzinfo=UTC)]
    assert found["label"].to_list() == ["1", None, "0"]
    assert found["region"].to_list() == ["Wien", "a, b", "Kärnten"]
    assert found["income.net"].is_nan().to_list() == [False, None, True]
