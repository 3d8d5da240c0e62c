"""The standard suite of bad words for every command: a plain refusal with its mend, its exit code, nothing written.

The commands run as their user runs them, through the console script's own function.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from governance.adapters.workplace import Workplace
from governance.cli import main
from governance.registry.registry import Registry
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, KINDS
from tests.prefect_server import begin

EVIL = "Planted<script>alert(1)</script>[x](https://evil.example)"
ESCAPE, TURN, HALF, HUGE = "\x1b[31mPlanted", "\u202ePlanted", "\udcffPlanted", "Planted" * 150_000
Aims = Callable[..., tuple[int, str]]
OPEN = ["open", "concern", "--system", "early-help", "--by", ADA, "--title", "A case", "--why", "so"]
ACT = ["act", "CASE", "acknowledge", "--by", EVE]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workplace with one system and one case, in the environment of the commands."""
    folder = tmp_path_factory.mktemp("words")
    begin(folder / "state", KINDS.parent)
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("AIMS_HOME", str(KINDS.parent))
        changed.setenv("AIMS_STATE", str(folder / "state"))
        made = Workplace.here()
    made.__dict__["registry"] = Registry({"early-help": system()}, people(), {"early-help": "id: early-help\n"})
    made.casework.open("concern", system="early-help", title="A case", severity="", by=ADA, why="so")
    return made


@pytest.fixture
def aims(here: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Aims:
    """A function that runs a command; its exit code and all that it printed. Any other exception is a failure."""
    monkeypatch.setenv("AIMS_HOME", str(here.home))
    monkeypatch.setenv("AIMS_STATE", str(here.settings.state))
    [case] = here.index.cases()

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["aims", *(case.id if word == "CASE" else word for word in words)])
        code: object = 0
        try:
            main.run()
        except SystemExit as ended:
            code = ended.code
        told = capsys.readouterr()
        return int(str(code or 0)), told.out + told.err

    return run


def objects(here: Workplace) -> list[str]:
    """Every file of the state folder but the index, which a look may bring up to date."""
    return sorted(str(path) for path in here.settings.state.rglob("*") if not path.name.startswith("cases.db"))


SPAN = ["--from", "2026-01-01", "--to", "2026-02-01"]
EVIDENCE = ["evidence", "--system", "early-help", *SPAN, "--by", EVE, "--reason", "an audit", "-o", "OUT"]
REFUSED: dict[str, tuple[list[str], int, str]] = {
    "no command": (["frobnicate"], 2, "No such command"),
    "cases of no system": (["cases", "--system", EVIL], 2, "--system"),
    "cases of nobody": (["cases", "--owner", HALF], 2, "--owner"),
    "cases in no state": (["cases", "--state", "colsed"], 2, "--state"),
    "case without an id": (["case"], 2, "Missing argument"),
    "case of another form": (["case", EVIL], 2, "the id of a case"),
    "case that is none": (["case", "REM-no-such"], 2, "the id of a case"),
    "case of a megabyte": (["case", HUGE], 2, "the id of a case"),
    "case that climbs": (["case", "../../etc/passwd"], 2, "the id of a case"),
    "act without a reason": (ACT, 2, "--why"),
    "act without a name": ([*ACT[:3], "--why", "so"], 2, "--by"),
    "act for an empty reason": ([*ACT, "--why", ""], 2, "a reason"),
    "act for a megabyte": ([*ACT, "--why", HUGE], 2, "why"),
    "act with an escape sequence": ([*ACT, "--why", ESCAPE], 2, "why"),
    "act that turns the text": ([*ACT, "--why", TURN], 2, "why"),
    "act that is no UTF-8": ([*ACT, "--why", HALF], 2, "why"),
    "act by a stranger": ([*ACT[:4], "mallory", "--why", "so"], 2, "`acknowledge` by reviewer"),
    "act by another role": ([*ACT[:4], BEN, "--why", "so"], 2, "`acknowledge` by reviewer"),
    "act by no id": ([*ACT[:4], EVIL, "--why", "so"], 2, '"by"'),
    "act that is none": (["act", "CASE", EVIL, "--by", EVE, "--why", "so"], 2, '"verb"'),
    "act not possible now": (["act", "CASE", "answer", "--by", EVE, "--why", "so"], 2, "the state looked_into"),
    "act of a past date": ([*ACT, "--why", "so", "--field", "answer_by=2001-01-01"], 2, "answer_by"),
    "act of no date": ([*ACT, "--why", "so", "--field", f"answer_by={EVIL}"], 2, "answer_by"),
    "act without its field": ([*ACT, "--why", "so"], 2, "answer_by"),
    "act with a field twice": ([*ACT, "--why", "so", "--field", "a=1", "--field", "a=2"], 2, "--field"),
    "act with no field": ([*ACT, "--why", "so", "--field", EVIL], 2, "--field"),
    "act with a file that is none": ([*ACT, "--why", "so", "--field-file", "x=/no/such"], 2, "--field-file"),
    "act with a file of bytes": ([*ACT, "--why", "so", "--field-file", f"x={sys.executable}"], 2, "--field-file"),
    "act with another's code": ([*ACT, "--why", "so", "--code", "ABCD-2345"], 2, "code"),
    "act with a code that is no UTF-8": ([*ACT, "--why", "so", "--code", HALF], 2, "code"),
    "act on half an id with a code": (["act", HALF, *ACT[2:], "--why", "so", "--code", HALF], 2, "code"),
    "act with code of a megabyte": ([*ACT, "--why", "so", "--code", HUGE], 2, "code"),
    "act with a key that is none": (
        [*ACT, "--why", "so", "--field", "answer_by=TOMORROW", "--sign", "/no"],
        2,
        "SSH key",
    ),
    "open of no kind": (["open", EVIL, *OPEN[2:]], 2, '"kind"'),
    "open of no system": ([*OPEN, "--system", EVIL], 2, '"system"'),
    "open without a title": ([*OPEN[:6], "--why", "so"], 2, "--title"),
    "open with a huge title": ([*OPEN, "--title", HUGE], 2, '"title"'),
    "open with two lines of title": ([*OPEN, "--title", "a\nLink: https://evil.example"], 2, '"title"'),
    "open of no severity": ([*OPEN, "--severity", EVIL], 2, '"severity"'),
    "open by no act": ([*OPEN, "--verb", EVIL], 2, '"verb"'),
    "open with roles that are none": ([*OPEN, "--roles", f"{EVIL},b"], 2, "--roles"),
    "open with strange roles": ([*OPEN, "--roles", f"zoe,{BEN},{EVE},{FEMI}"], 2, "people.yaml"),
    "open for the organisation": (["open", "soa", *OPEN[4:]], 2, "--roles"),
    "code for nobody": (["code", "CASE", "--by", EVIL], 2, '"by"'),
    "code for no case": (["code", EVIL, "--by", ADA], 2, "the id of a case"),
    "code without an address": (["code", "CASE", "--by", BEN], 2, "notify"),
    "erase of no case": (["erase", "CON-none", "--by", EVE, "--reason", "x"], 2, "the id of a case"),
    "erase by the owner": (["erase", "CASE", "--by", ADA, "--reason", "x"], 2, "`erase` by reviewer"),
    "erase without a reason": (["erase", "CASE", "--by", EVE], 2, "--reason"),
    "erase on no ground": (["erase", "CASE", "--by", EVE, "--reason", "x", "--ground", EVIL], 2, "ground"),
    "erase with a wrong code": (["erase", "CASE", "--by", EVE, "--reason", "x", "--code", "AAAA"], 2, "code"),
    "rebuild of something": (["rebuild", "all"], 2, "unexpected extra argument"),
    "monitor of no system": (["monitor", EVIL], 2, '"system"'),
    "monitor of no window": (["monitor", "early-help", "--window", EVIL], 2, "window"),
    "check of no system": (["check", EVIL, "--current", "/no/such"], 2, '"system"'),
    "check of no file": (["check", "early-help", "--current", "/no/such"], 2, "such"),
    "calibrate of no system": (["calibrate", EVIL, "--dry-run"], 2, '"system"'),
    "calibrate of too few windows": (["calibrate", "early-help", "--windows", "-1", "--dry-run"], 2, "--windows"),
    "evidence of no system": ([*EVIDENCE, "--system", EVIL], 2, '"system"'),
    "evidence by nobody": ([*EVIDENCE, "--by", EVIL], 2, "people.yaml"),
    "evidence for an empty reason": ([*EVIDENCE, "--reason", ""], 2, "reason"),
    "evidence for a megabyte": ([*EVIDENCE, "--reason", HUGE], 2, "reason"),
    "evidence for an escape sequence": ([*EVIDENCE, "--reason", ESCAPE], 2, "reason"),
    "evidence for half a letter": ([*EVIDENCE, "--reason", HALF], 2, "reason"),
    "evidence backwards": ([*EVIDENCE, "--from", "2026-03-01"], 2, "day"),
    "evidence of no day": ([*EVIDENCE, "--to", "2026-02-30"], 2, "--to"),
    "evidence for no control": ([*EVIDENCE, "--control", EVIL], 2, "control"),
    "verify of nothing": (["verify", "/no/such"], 4, "a folder"),
    "verify of no address": (["verify", "gopher://x"], 2, "file:///path"),
    "verify of no bundle": (["verify", "/no/such.tar"], 2, "such.tar"),
    "verify by no checkpoint": (["verify", "ARCHIVE", "--checkpoint", "/no/such"], 2, "such"),
    "verify since no day": (["verify", "ARCHIVE", "--since", "someday"], 2, "--since"),
    "prove of no bundle": (["prove", "ARCHIVE", "bundle/x.tar"], 4, "bundle/x.tar"),
    "keys of no folder": (["keys", "show", "/no/such/keys"], 4, "such/keys"),
    "keys ended that are none": (["keys", "revoke", "ARCHIVE", "zz", "--draft", "/no/d"], 2, "one valid key"),
    "gate hash of no role": (["gate", "hash", "--role", EVIL], 2, "--role"),
    "doctor of something": (["doctor", "all"], 2, "unexpected extra argument"),
    "deploy of something": (["deploy", "all"], 2, "unexpected extra argument"),
}


SLOW = {name: pytest.mark.long for name in REFUSED if name.startswith(("calibrate", "check of no system"))}


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in REFUSED])
def test_a_bad_word_is_refused_in_plain_words_and_nothing_is_written(
    name: str, here: Workplace, aims: Aims, tmp_path: Path
) -> None:
    """The message names the part and the mend; what was typed is not repeated; no file is more or less than before."""
    words, code, part = REFUSED[name]
    before, archive = objects(here), str(here.settings.state / "archive")
    swaps = {"OUT": str(tmp_path / "out"), "ARCHIVE": archive, "answer_by=TOMORROW": f"answer_by={_tomorrow()}"}
    ended, said = aims(*(swaps.get(word, word) for word in words))
    plain = " ".join(said.replace("│", " ").split())

    assert part in plain
    assert ended == code
    assert "Traceback" not in said
    assert EVIL not in said
    assert not any(bad in said for bad in (ESCAPE, TURN, HALF))
    assert len(said) < 5000
    assert list(tmp_path.iterdir()) == []
    assert objects(here) == before


def every_command() -> list[str]:
    """Each command of `aims`, with those of its groups."""
    group = typer.main.get_command(main.app)
    assert isinstance(group, TyperGroup)
    return sorted(
        word
        for name, one in group.commands.items()
        for word in ([f"{name} {sub}" for sub in one.commands] if isinstance(one, TyperGroup) else [name])
    )


@pytest.mark.parametrize("command", every_command())
def test_every_command_refuses_an_option_that_it_does_not_know(command: str, aims: Aims) -> None:
    """With the exit code of a wrong call, before anything is opened."""
    ended, said = aims(*command.split(), "--frobnicate")

    assert ended == 2
    assert "Traceback" not in said
    assert "--frobnicate" in said or "Missing" in said


WRONG_PLACES = {
    "a registry that is none": ({"AIMS_HOME": "/no/such"}, ["cases"], 2, "people.yaml"),
    "a registry that is none, for the doctor": ({"AIMS_HOME": "/no/such"}, ["doctor"], 2, "people.yaml"),
    "an archive of no scheme": ({"AIMS_ARCHIVE": "gopher://x"}, ["cases"], 2, "file:///path"),
    "keys that are none": ({"AIMS_KEYS": "/no/such"}, [*OPEN, "--system", "bank-calls"], 4, "aims keys init"),
}


@pytest.mark.parametrize("name", WRONG_PLACES)
def test_a_wrong_place_in_the_environment_is_told(name: str, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that names nothing is a plain refusal of whichever command meets it."""
    changes, words, code, part = WRONG_PLACES[name]
    for variable, value in changes.items():
        monkeypatch.setenv(variable, value)
    ended, said = aims(*words)

    assert (ended, "Traceback" in said) == (code, False)
    assert part in said


@pytest.mark.long
@pytest.mark.servers
def test_a_server_that_does_not_answer_is_told(aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    """`aims deploy` without a server refuses as plainly."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    ended, said = aims("deploy")

    assert (ended, "Traceback" in said) == (2, False)
    assert "expected a Prefect server, found no answer" in said


def _tomorrow() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
