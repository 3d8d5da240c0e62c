"""The import rules of the design, as CI checks them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_go_one_way() -> None:
    """Every contract of .importlinter is kept."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]


def test_the_command_line_starts_without_prefect_evidently_or_boto3() -> None:
    """`aims --help` imports nothing that costs seconds."""
    script = (
        "import sys, governance.cli.main; "
        "heavy = {'prefect', 'evidently', 'great_expectations', 'boto3', 'polars', 'duckdb', 'pandas'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_no_file_names_a_host_of_a_package_index() -> None:
    """The lock and the project file hold no address."""
    for name in ("requirements.lock", "pyproject.toml"):
        assert "http" + "://" not in (ROOT / name).read_text()
        assert "https" + "://" not in (ROOT / name).read_text()
