"""The last line of a verification: what it is worth, and what it does not show."""

from dataclasses import dataclass

from governance.evidence.report import Report
from governance.evidence.root import Root


@dataclass(frozen=True)
class Witness:
    """Something outside the archive that vouches for its first `size` entries.

    One that does not count is named, and no more: whoever wrote the archive could have made it.
    """

    kind: str
    size: int
    time: str = ""
    counts: bool = True


def strength(report: Report, root: Root | None, witnesses: list[Witness], *, is_pinned: bool, locks: bool) -> str:
    """`VERIFIED 10000 entries; …` or `NOT VERIFIED: 2 findings; …`, with each reservation named."""
    failed = sum(finding.fails for finding in report.findings)
    if failed:
        return f"NOT VERIFIED: {failed} finding{'s' if failed > 1 else ''} in {report.entries} entries"
    parts = [f"VERIFIED {report.entries} entries"]
    if report.bundles_read < report.bundles:
        parts.append(f"{report.bundles_read} of {report.bundles} bundles read")
    parts += _witnessed(witnesses, report.entries)
    parts.append("root file pinned" if is_pinned else "root file NOT pinned: its keys were taken on trust")
    if not locks:
        parts.append("a plain directory: tamper-evident, not locked")
    elif root and not root.lock.mode:
        parts.append("the root file asks for no lock")
    if root and root.is_demo:
        parts.append("DEMO keys: it proves nothing about who signed")
    return "; ".join(parts)


def _witnessed(witnesses: list[Witness], entries: int) -> list[str]:
    parts = []
    for kind in sorted({witness.kind for witness in witnesses}):
        sizes = [witness.size for witness in witnesses if witness.kind == kind]
        plural = "" if len(sizes) == 1 else "s"
        time = max(witness.time for witness in witnesses if witness.kind == kind)
        parts.append(f"{len(sizes)} {kind}{plural} to entry {max(sizes)}" + (f" ({time})" if time else ""))
    sizes = [witness.size for witness in witnesses if witness.counts]
    provisional = entries - max(sizes, default=0)
    if not sizes:
        parts.append("PROVISIONAL: no checkpoint from outside, so a cut tail or a rewritten log would not show")
    elif provisional:
        parts.append(f"{provisional} entries PROVISIONAL (newer than any outside anchor)")
    return parts
