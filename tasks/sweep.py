"""Sweep: how the systems of one cadence ended, in one state."""

from collections import Counter
from collections.abc import Mapping

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed


def swept(ends: Mapping[str, State]) -> State:
    """`Passed`, `Findings`, `Idle`, … counted; Failed when a system could not be judged or its proof not stored."""
    said = ", ".join(f"{count} {name}" for name, count in Counter(str(end.name) for end in ends.values()).items())
    bad = [system for system, end in ends.items() if not end.is_completed()]
    if bad:
        return Failed(message=f"{len(bad)} of {len(ends)} systems could not be judged: {', '.join(bad[:5])}. {said}.")
    return Completed(message=f"{len(ends)} systems: {said or 'none'}.")
