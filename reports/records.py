"""What pages need beside the registry and the verdict: cases, evidence and the story of a demo, each as one line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from governance.verdict import Status


@dataclass(frozen=True)
class CaseLine:
    """One case that a run opened or updated. `due` is in UTC; None where the kind has no clock."""

    id: str
    title: str
    owner_name: str
    due: datetime | None
    state: str
    action: Literal["opened", "updated"]


@dataclass(frozen=True)
class EvidenceLine:
    """Where a run's proof lies.

    Attributes:
        bundle_id: the name of the bundle and of the one folder inside its tar.
        key: the object's key in the archive; its last part is the file's name.
        archive: the archive's name as its checkpoints give it (their origin).
        checkpoint_lines: the three lines of the newest checkpoint (C2SP tlog-checkpoint); empty when none is known.
        demo_key: signed with a key made for a demonstration, which says nothing about who signed.
    """

    bundle_id: str
    key: str
    archive: str
    checkpoint_lines: tuple[str, ...] = ()
    demo_key: bool = False

    @property
    def file_name(self) -> str:
        """The bundle's file name: the last part of its key."""
        return self.key.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class DemoRun:
    """One judged window of the demo. `page` is relative to the demo's last page."""

    system_title: str
    window: str
    status: Status
    sentence: str
    page: str
    bundle_key: str


@dataclass(frozen=True)
class DemoStep:
    """One step to take next: what a person types or opens, and what that gives."""

    command: str
    outcome: str


@dataclass(frozen=True)
class DemoSummary:
    """Everything the demo's last page tells.

    Attributes:
        runs: judged windows in the order they ran, the unreadable one among them.
        cases: cases opened or updated.
        acknowledged: one sentence per act: who, which case, how strongly that is known.
        unreadable: the error as it was said for the file that could not be read; empty if there was none.
        verification: the lines `aims verify` printed.
        recipe: the lines that the stock commands printed for one bundle.
        next_steps: where to look next.
    """

    runs: tuple[DemoRun, ...]
    cases: tuple[CaseLine, ...] = ()
    acknowledged: tuple[str, ...] = ()
    unreadable: str = ""
    verification: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    next_steps: tuple[DemoStep, ...] = ()
