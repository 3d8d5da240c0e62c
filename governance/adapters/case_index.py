"""The cases in one SQLite file, made from the acts in the archive's log. A cache: delete it and nothing is lost.

1. Acts are taken in the order of the log; of two with one number the first in the log stands.
2. Each case is folded by the kind that its opening act carries.
3. One transaction a visit: a kill leaves the visit before. The file remembers how far it read, and the last line it
   read. When the log is another one, or the file is damaged or of another version, the next `sync` makes it anew.
4. A bundle that does not read as an act is listed with its reason (`strays`), and stops nothing.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind, kind_from_json
from governance.cases.record import ACT, KIND
from governance.cases.rules import fold
from governance.errors import ActRefused
from governance.evidence import Archive, Bundle, Entry, Log, Malformed, MissingObject, bundle_id, read_bundle
from governance.evidence.decision import judge_decision
from governance.evidence.log import entry_of
from governance.evidence.malformed import malformed

VERSION = 3
_ACT_ID = re.compile(r"[A-Z]{2,5}-.+\.\d{4,6}")
_TABLES = """
CREATE TABLE position (one INTEGER PRIMARY KEY, lines INTEGER NOT NULL, last TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE acts (case_id TEXT, seq INTEGER, key TEXT NOT NULL, sha256 TEXT NOT NULL, act BLOB NOT NULL,
                   kind BLOB NOT NULL, PRIMARY KEY (case_id, seq)) WITHOUT ROWID;
CREATE TABLE cases (id TEXT PRIMARY KEY, subject TEXT NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL,
                    final INTEGER NOT NULL, due TEXT NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE strays (key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
"""


class CaseIndex:
    """The cases of one archive. Safe for several threads and processes; each call opens the file for itself."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sync(self, archive: Archive, *, log: Log | None = None) -> int:
        """Read the acts that came since the last visit; return how many.

        Args:
            archive: where the acts are.
            log: what the caller knows of the log already; it is brought up to date.

        Raises:
            ArchiveUnavailable: the store did not answer; the file is as it was.
        """
        log = Log() if log is None else log
        log.refresh(archive)
        self._discard_damaged()
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            start = _position(base, log)
            found = [one for entry in log.entries[start:] if (one := _take(base, archive, entry))]
            for case in dict.fromkeys(found):
                _fold_again(base, case)
            last = log.entries[-1].line if len(log) else ""
            base.execute("REPLACE INTO position VALUES (1, ?, ?)", (len(log), last))
            base.execute("COMMIT")
        return len(found)

    def cases(self, subject: str | None = None) -> list[Case]:
        """All cases by id, closed ones too; of one subject (a system's id, or empty for the organisation) if given."""
        return self._select("SELECT content FROM cases WHERE ? IS NULL OR subject = ? ORDER BY id", subject)

    def open_cases(self, system: str | None = None) -> list[Case]:
        """The cases that are not closed, the first due first."""
        query = "SELECT content FROM cases WHERE (? IS NULL OR subject = ?) AND NOT final ORDER BY due, id"
        return self._select(query, system)

    def case(self, case_id: str) -> Case | None:
        """The case with this id."""
        with self._open() as base:
            row = base.execute("SELECT content FROM cases WHERE id = ?", (case_id,)).fetchone()
        return Case.model_validate_json(row[0]) if row else None

    def acts(self, case_id: str) -> list[Act]:
        """The acts of a case, in their order."""
        with self._open() as base:
            rows = base.execute("SELECT act, key FROM acts WHERE case_id = ? ORDER BY seq", (case_id,)).fetchall()
        return [Act.from_json(body, key) for body, key in rows]

    def keys(self, case_id: str) -> list[str]:
        """Where the acts of a case stand in the archive, in their order."""
        with self._open() as base:
            rows = base.execute("SELECT key FROM acts WHERE case_id = ? ORDER BY seq", (case_id,)).fetchall()
        return [key for (key,) in rows]

    def kind(self, case_id: str) -> Kind:
        """The kind that a case was opened with. Raises KeyError for an unknown case."""
        with self._open() as base:
            row = base.execute("SELECT kind, key FROM acts WHERE case_id = ? AND seq = 1", (case_id,)).fetchone()
        if row is None:
            raise KeyError(case_id)
        return kind_from_json(*row)

    def strays(self) -> dict[str, str]:
        """Bundles under an act's key that are no acts, and why."""
        with self._open() as base:
            return dict(base.execute("SELECT key, reason FROM strays").fetchall())

    def dump(self) -> str:
        """The whole content as SQL: equal for two files made from one archive."""
        with self._open() as base:
            return "\n".join(base.iterdump())

    def _select(self, query: str, subject: str | None) -> list[Case]:
        with self._open() as base:
            return [Case.model_validate_json(row[0]) for row in base.execute(query, (subject, subject)).fetchall()]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, made anew when it is of another version or no database."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=60, isolation_level=None)) as base:
            if _version(base) != VERSION:
                _create(base)
            yield base

    def _discard_damaged(self) -> None:
        """Remove a file that is damaged or no database of this version; the next visit makes it anew."""
        if self._path.exists() and not _is_sound(self._path):
            for name in (self._path, *self._path.parent.glob(f"{self._path.name}-*")):
                name.unlink(missing_ok=True)


def _version(base: sqlite3.Connection) -> int:
    found: int = base.execute("PRAGMA user_version").fetchone()[0]
    return found


def _create(base: sqlite3.Connection) -> None:
    """The empty tables, unless another process was faster."""
    base.execute("BEGIN IMMEDIATE")
    if _version(base) != VERSION:
        for statement in _TABLES.split(";\n"):
            base.execute(statement)
        base.execute(f"PRAGMA user_version = {VERSION}")
    base.execute("COMMIT")


def _is_sound(path: Path) -> bool:
    """Whether the file is a whole database of this version, or an empty one."""
    try:
        with closing(sqlite3.connect(path, timeout=60)) as base:
            tables: int = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            whole = base.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            return bool(whole) and (_version(base) == VERSION or tables == 0)
    except sqlite3.DatabaseError:
        return False


def _position(base: sqlite3.Connection, log: Log) -> int:
    """How many lines have been read; all content goes when they are not this log's."""
    row = base.execute("SELECT lines, last FROM position").fetchone()
    lines, last = row or (0, "")
    if lines == 0 or (lines <= len(log) and log.entries[lines - 1].line == last):
        return int(lines)
    for table in ("position", "acts", "cases", "strays"):
        base.execute(f"DELETE FROM {table}")  # noqa: S608 - the four names above
    return 0


def _take(base: sqlite3.Connection, archive: Archive, entry: Entry) -> str:
    """Keep the act of a log line; the case's id, or nothing when the line is no act or not the first of its number."""
    if not _ACT_ID.fullmatch(bundle_id(entry.key) or ""):
        return ""
    try:
        act, kind = _read(archive, entry)
    except (Malformed, MissingObject) as error:
        base.execute("REPLACE INTO strays VALUES (?, ?)", (entry.key, str(error)))
        return ""
    row = (act.case, act.seq, entry.key, entry.digest, act.to_json(), kind if act.seq == 1 else b"")
    taken = base.execute("INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?, ?, ?)", row).rowcount
    if not taken:
        base.execute("REPLACE INTO strays VALUES (?, ?)", (entry.key, "another act of this number came first"))
    return act.case if taken else ""


def _read(archive: Archive, entry: Entry) -> tuple[Act, bytes]:
    """The act of a log line and its kind as bytes. Raises Malformed when the object is not what the log says."""
    body = archive.get(entry.key)
    if entry_of(entry.key, body) != entry:
        raise malformed(entry.key, "the bundle that the log names", "another one")
    bundle = read_bundle(body, entry.key)
    members = bundle.members
    if not {ACT, KIND} <= set(members):
        raise malformed(entry.key, f"{ACT} and {KIND}", "other members")
    act = Act.from_json(members[ACT], f"{entry.key}:{ACT}")
    if f"{act.case}.{act.seq:04d}" != bundle_id(entry.key):
        raise malformed(entry.key, "the act that the key names", "another one")
    kind_from_json(members[KIND], f"{entry.key}:{KIND}")
    _require_same(entry.key, act, bundle)
    return act, members[KIND]


def _require_same(key: str, act: Act, bundle: Bundle) -> None:
    """The statement says what the act says, and an act of strength `ssh` is signed over these very bytes."""
    said = [bundle.predicate.get(name) for name in ("case", "action", "decidedBy", "strength")]
    if said != [act.case, act.verb, act.by, act.strength.value]:
        raise malformed(key, "a decision that says what the act says", "another")
    wrong = judge_decision(bundle, {})[2]
    if wrong:
        raise malformed(key, "the person's SSH signature of the act", wrong)


def _fold_again(base: sqlite3.Connection, case_id: str) -> None:
    """Write the case that its acts make, or leave it out while its opening is missing."""
    rows = base.execute("SELECT act, key, kind FROM acts WHERE case_id = ? ORDER BY seq", (case_id,)).fetchall()
    if not rows[0][2]:
        return
    kind = kind_from_json(rows[0][2], rows[0][1])
    acts = [Act.from_json(body, key) for body, key, _ in rows]
    try:
        case = fold(kind, acts)
    except ActRefused:
        return
    final = kind.states[case.state].final
    row = (case.id, case.subject, case.owner, case.state, final, case.due.isoformat(), case.model_dump_json())
    base.execute("REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)", row)
