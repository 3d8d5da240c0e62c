"""Files given on the command line in place of a system's own sources, and the windows that they hold rows of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.adapters import frames
from governance.adapters.intake import Portion, Wanted, open_source, pour
from governance.adapters.layout import Kind
from governance.errors import ConfigurationError, Fault, Place
from governance.registry.system import Labels, Source, System
from governance.window import Period, period_of


def with_files(
    system: System, current: Sequence[Path], reference: Path | None, labels: Path | None, scratch: Path
) -> System:
    """The registry's entry, reading these files instead of its own.

    Args:
        system: the registry's entry.
        current: a folder, or files; several are linked together in a folder below `scratch`.
        reference: a file or folder instead of the registry's, all of it.
        labels: a file or folder instead of the registry's.
        scratch: an empty folder.

    Raises:
        ConfigurationError: a path is not there.
    """
    for path in (*current, *(one for one in (reference, labels) if one)):
        if not path.exists():
            raise ConfigurationError(Fault(Place(str(path)), "a file or a folder", "nothing", "Correct the path."))
    changes: dict[str, Any] = {"predictions": Source(address=str(_together(current, scratch)))}
    if reference:
        changes["reference"] = Source(address=str(reference.resolve()))
    if labels:
        changes["labels"] = Labels(source=Source(address=str(labels.resolve())), delay_days=system.labels.delay_days)
    return system.model_copy(update=changes)


def _together(paths: Sequence[Path], scratch: Path) -> Path:
    """One address for all paths."""
    if len(paths) == 1:
        return paths[0].resolve()
    folder = scratch / "current"
    folder.mkdir()
    for number, path in enumerate(paths):
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for file in files:
            (folder / f"{number:04d}-{file.name}").symlink_to(file.resolve())
    return folder


def due_windows_with_rows(system: System, home: Path, scratch: Path, now: datetime) -> tuple[list[Period], list[Fault]]:
    """The windows due by `now` in which the predictions have a row, in time order, and what could not be read.

    Raises:
        SourceUnavailable: a store did not answer.
    """
    columns, plan = system.columns, system.window
    layout = {columns.time: Kind.TIME}
    pulled = open_source(Wanted(system.predictions, (columns.time,), prune=False), plan, home, scratch)
    hours: set[datetime] = set()

    def take(portion: Portion) -> None:
        hours.update(portion.rows[columns.time].dt.truncate("15m").unique().drop_nulls().to_list())

    clock = frames.Clock(columns.time, columns.time_format, plan.zone, *_ALWAYS)
    faults = [*pulled.faults, *pour(pulled.opened, layout, clock, take)]
    found = {period_of(hour, plan.length, plan.zone) for hour in hours}
    due = set(plan.due(now))
    return sorted(found & due), faults


_ALWAYS = (datetime.min.replace(tzinfo=UTC) + timedelta(days=3), datetime.max.replace(tzinfo=UTC) - timedelta(days=3))
