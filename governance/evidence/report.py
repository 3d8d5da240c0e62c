"""What a verification says: findings by name, and a last line that tells how much the result is worth."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One thing to know: a word in capitals, the object, a sentence. `fails`: the archive is not whole."""

    word: str
    key: str
    text: str
    fails: bool = True

    def __str__(self) -> str:
        """`FAIL  ALTERED bundle/…: text`; a note begins with `note`."""
        head = " ".join(part for part in (self.word, self.key) if part)
        return f"{'FAIL' if self.fails else 'note'}  {head}: {self.text}"


@dataclass
class Report:
    """The outcome for one archive. `lines()` ends with the strength; it is never a bare OK."""

    archive: str
    origin: str = ""
    entries: int = 0
    bundles_read: int = 0
    bundles: int = 0
    findings: list[Finding] = field(default_factory=list)
    strength: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not any(finding.fails for finding in self.findings)

    def add(self, word: str, key: str, text: str, *, fails: bool = True) -> None:
        """Note one finding."""
        self.findings.append(Finding(word, key, text, fails))

    def lines(self) -> list[str]:
        """Findings that fail, then notes, then the strength."""
        ordered = sorted(self.findings, key=lambda finding: not finding.fails)
        return [*map(str, ordered), self.strength]

    def to_dict(self) -> dict[str, object]:
        """For `--json`."""
        found = [{"word": each.word, "key": each.key, "text": each.text, "fails": each.fails} for each in self.findings]
        return {
            "archive": self.archive,
            "origin": self.origin,
            "ok": self.ok,
            "entries": self.entries,
            "bundles": self.bundles,
            "bundlesRead": self.bundles_read,
            "findings": found,
            "strength": self.strength,
        }
