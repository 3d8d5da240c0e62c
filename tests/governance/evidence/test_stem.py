"""A log that begins with a text answers as one that holds every line."""

from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.log import Entry, Log, print_seal
from governance.evidence.stem import MANY, Stem
from governance.evidence.tree import Frontier

KEYS = st.integers(0, 30).map(lambda number: f"bundle/2026/11/24/05/s.w{number}.r0.tar")
ENTRIES = st.lists(st.builds(Entry, st.integers(0, 99).map("{:064x}".format), KEYS), max_size=40)


def text_of(entries: list[Entry]) -> bytes:
    """As a file keeps them: other lines among them, which hold no two spaces."""
    seals = (print_seal([entry]) + b"= %d 0123abcd\n" % place for place, entry in enumerate(entries))
    return b"".join(seals)


@given(first=ENTRIES, more=ENTRIES, asked=st.lists(KEYS, max_size=MANY + 4))
def test_it_answers_as_one_that_holds_every_line(first: list[Entry], more: list[Entry], asked: list[str]) -> None:
    """Lines, slices, places of the first occurrence, roots of every size; whether few keys are asked for or many."""
    plain, log = Log([*first, *more]), Log()
    log.begin(Stem(text_of(first), Frontier(entry.leaf for entry in first)))
    log.append(more)

    assert [*log] == [*plain] == [*first, *more]
    assert [*reversed(log.entries)] == [*reversed(first + more)]
    assert log.entries[3:] == (first + more)[3:]
    assert [key in log for key in asked] == [key in plain for key in asked]
    assert [log.index(key) for key in asked if key in log] == [plain.index(key) for key in asked if key in plain]
    assert [log.root(size) for size in range(len(log) + 1)] == [plain.root(size) for size in range(len(plain) + 1)]
    assert log.holding("s.w1") == [one for one in first + more if "s.w1" in one.key]
    assert log.frontier.hashes == plain.frontier.hashes
