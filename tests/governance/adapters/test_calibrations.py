"""Calibrations in the archive: signed, logged, and the newest one is read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.calibrations import archive_calibration, newest_calibration, reference_of
from governance.adapters.workplace import Workplace
from governance.errors import UnreadableInput
from governance.evidence import Log, read_bundle, verify_archive
from governance.registry.system import System

NOW = datetime.now(UTC).replace(microsecond=0)


def body(*sentences: str) -> bytes:
    """A calibration's file."""
    return json.dumps({"format": "aims-calibration/1", "sentences": sentences}).encode()


@pytest.fixture
def bikes(workplace: Workplace) -> System:
    """A shipped system."""
    return workplace.registry.system("bike-demand")


def test_a_calibration_is_a_signed_bundle_that_says_whether_the_budget_is_kept(
    workplace: Workplace, bikes: System
) -> None:
    """A monitor that rings too often is a warning; the archive stays verified."""
    kept = archive_calibration(workplace, bikes, body("quiet"), keeps=True, now=NOW)
    loud = archive_calibration(workplace, bikes, body("loud"), keeps=False, now=NOW + timedelta(seconds=1))

    results = [read_bundle(workplace.archive.get(one.key), one.key).predicate["result"] for one in (kept, loud)]
    assert results == ["PASSED", "WARNED"]
    assert verify_archive(workplace.archive).ok


def test_the_card_reads_the_newest_calibration_of_its_system(workplace: Workplace, bikes: System) -> None:
    """Not an older one, nor another system's."""
    calls = workplace.registry.system("bank-calls")
    archive_calibration(workplace, bikes, body("first"), keeps=True, now=NOW)
    archive_calibration(workplace, bikes, body("second"), keeps=True, now=NOW + timedelta(hours=1))
    archive_calibration(workplace, calls, body("of calls"), keeps=True, now=NOW + timedelta(hours=2))

    assert newest_calibration(bikes, workplace.archive, Log()) == ("second",)


def test_without_a_calibration_there_is_nothing_to_tell(workplace: Workplace, bikes: System) -> None:
    """Neither when none was made, nor when the archive is away."""
    none = newest_calibration(bikes, workplace.archive, Log())
    folder = workplace.settings.state / "archive"
    folder.rename(folder.with_name("away"))
    folder.write_text("a file where the folder was")

    assert (none, newest_calibration(bikes, workplace.archive, Log())) == ((), ())


def test_an_unreadable_reference_is_refused_with_its_faults(bikes: System, tmp_path: Path) -> None:
    """No figure without rows."""
    (tmp_path / "data" / "bike-demand").mkdir(parents=True)
    (tmp_path / "data" / "bike-demand" / "hours.csv.gz").write_bytes(b"\x1f\x8b broken")

    with pytest.raises(UnreadableInput, match=r"hours\.csv\.gz"):
        reference_of(bikes, tmp_path, tmp_path / "work", NOW)
