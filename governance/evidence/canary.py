"""What a store really protects, tried on an object that nobody needs: stores accept lock headers and drop them.

Canary objects stand under `canary/`; they are no evidence, and `verify` passes over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "canary/"


@dataclass(frozen=True)
class Trial:
    """One thing tried: its name, whether the store held, and what that means."""

    name: str
    held: bool
    meaning: str

    def __str__(self) -> str:
        """`held    delete a locked version: …`."""
        return f"{'held  ' if self.held else 'OPEN  '} {self.name}: {self.meaning}"


@dataclass(frozen=True)
class Attack:
    """A trial to make: its name, and what it means when the store holds, and when it does not."""

    name: str
    held: str
    open: str

    def trial(self, *, held: bool) -> Trial:
        """The trial, made."""
        return Trial(self.name, held, self.held if held else self.open)


ATTACKS = {
    attack.name: attack
    for attack in (
        Attack("put twice", "the first writer wins", "the store lets a second writer win: use another store"),
        Attack(
            "put again with If-None-Match",
            "refused",
            "the condition is ignored: the oldest version counts; sign settled seals only",
        ),
        Attack("overwrite", "the record stays the oldest version", "the record can be replaced"),
        Attack("lock read back", "COMPLIANCE until when it was asked for", "no lock is kept: objects can be deleted"),
        Attack("delete a locked version", "refused", "locked records can be deleted with this key"),
        Attack("delete with bypass", "refused", "this key may bypass locks: take the right away from it"),
        Attack("shorten the lock", "refused", "locks can be shortened with this key"),
        Attack("send a wrong checksum", "refused", "bytes damaged on the way would be stored"),
        Attack("lock an upload in parts", "kept, though we never use one", "dropped: never use one"),
    )
}


def summary(trials: Sequence[Trial]) -> str:
    """One sentence: what this store is worth as an archive."""
    opened = {trial.name for trial in trials if not trial.held}
    if not opened:
        return "write-once: no key that was tried can delete, replace or shorten"
    if opened & {"lock read back", "delete a locked version", "delete with bypass", "shorten the lock"}:
        return "tamper-evident only: whoever has this key can delete, and verify then says so"
    if opened & {"put twice", "overwrite"}:
        return "NOT fit as an archive: the first record does not stand"
    return "write-once, with the reservations above"
