"""The commands of cases, as somebody types them, on a workplace in a folder."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.workplace import Workplace
from governance.cases.plan import plan_verdict
from governance.cli import act, cases, code
from governance.errors import AimsError, ConfigurationError
from governance.evidence import initialise_archive, read_bundle, verify_archive
from governance.evidence.decision import judge_decision
from governance.registry.people import People, Person
from governance.registry.registry import Registry
from tests.builders import people, system, verdict
from tests.governance.cases.stories import KINDS, ROLES

APP = typer.Typer()
cases.register(APP)
act.register(APP)
code.register(APP)
DRIFT = "REM-early-help-drift.age-2026-W47"
ORIGIN = "example.org/aims"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace with one system and its two open cases; Ada has an SSH key (ada in the folder)."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "ada")], check=True)
    monkeypatch.setenv("AIMS_HOME", str(KINDS.parent))
    monkeypatch.setenv("AIMS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AIMS_ORIGIN", ORIGIN)
    monkeypatch.setenv("COLUMNS", "220")
    here = Workplace.here()
    public, box = (tmp_path / "ada.pub").read_text("utf-8").strip(), (tmp_path / "ada.jsonl").as_uri()
    known = [one for one in people().people if one.id != "ada-okafor"]
    ada = Person(id="ada-okafor", name="Ada Okafor", email="ada@example.org", ssh_key=public, notify=(box,))
    here.__dict__["registry"] = Registry({"early-help": system()}, People(people=(ada, *known)))
    keys = create_keys(here.settings.keys, demo=True)
    initialise_archive(DirectoryArchive(tmp_path / "state" / "archive"), keys, origin=ORIGIN)
    now = datetime.now(UTC)
    kind = here.kinds["remediation"]
    planned = plan_verdict(verdict(), [], system=system(), people=here.registry.people, now=now, kind=kind)
    here.casework.record_all(planned.acts)
    return here


def run(*words: str) -> Result:
    """What a command prints; its own errors are raised."""
    done = CliRunner().invoke(APP, list(words))
    if isinstance(done.exception, AimsError):
        raise done.exception
    return done


def test_cases_lists_what_is_open(place: Workplace) -> None:
    """The table names each case, its owner and its date."""
    shown = run("cases").output

    assert "2 cases, 0 overdue" in shown
    assert DRIFT in shown
    assert "ada-okafor" in shown


def test_cases_can_be_chosen_by_system_owner_and_state(place: Workplace) -> None:
    """Each option narrows the list."""
    wanted = {
        "": 2,
        "--system early-help": 2,
        "--owner ada-okafor": 2,
        "--owner eve-marsh": 0,
        "--state closed": 0,
        "--state all": 2,
    }

    found = {words: len(json.loads(run("cases", "--json", *words.split()).output)) for words in wanted}

    assert found == wanted


def test_an_act_moves_the_case_and_names_its_proof(place: Workplace) -> None:
    """What is printed says how strongly it is known who acted, and where the proof is."""
    shown = run("act", DRIFT, "acknowledge", "--by", "ada-okafor", "--why", "I look into it").output

    assert "acknowledge by ada-okafor, said in a session" in shown
    assert f"{DRIFT} is acknowledged" in shown
    assert f"{DRIFT}.0002.tar" in shown


def test_a_case_shows_who_did_what_when_why_and_how_strongly(place: Workplace) -> None:
    """The history is complete."""
    run("act", DRIFT, "acknowledge", "--by", "ada-okafor", "--why", "I look into it")
    form = ["--field", "root_cause=new form", "--field", "mend=mapped codes", "--field", "effective_from=2026-12-01"]
    run("act", DRIFT, "fix", "--by", "ben-lind", "--why", "done", *form)

    shown = run("case", DRIFT).output
    told = json.loads(run("case", DRIFT, "--json").output)

    for part in ("2 acknowledge", "ada-okafor", "I look into it", "said in a session", "root_cause: new form"):
        assert part in shown
    assert [one["verb"] for one in told["acts"]] == ["open", "acknowledge", "fix"]
    assert told["acts"][1]["checkpoint_seen"]["origin"] == ORIGIN
    assert len(told["bundles"]) == 3


def test_an_act_signed_by_the_persons_own_key_has_the_strength_ssh(place: Workplace, tmp_path: Path) -> None:
    """Stock OpenSSH verifies it, and it makes its signer a witness of the log."""
    run("act", DRIFT, "acknowledge", "--by", "ada-okafor", "--why", "mine", "--sign", str(tmp_path / "ada"))
    key = json.loads(run("case", DRIFT, "--json").output)["bundles"][1]
    bundle = read_bundle(place.archive.get(key))

    (tmp_path / "sig").write_bytes(bundle.members["act.json.sig"])
    (tmp_path / "allowed").write_text("ada-okafor " + (tmp_path / "ada.pub").read_text("utf-8"), "utf-8")
    known = ["-f", str(tmp_path / "allowed"), "-I", "ada-okafor", "-n", "aims-decision", "-s", str(tmp_path / "sig")]
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", *known], input=bundle.members["act.json"], capture_output=True, check=False
    )

    public = " ".join((tmp_path / "ada.pub").read_text("utf-8").split()[:2])
    seen, vouched, wrong = judge_decision(bundle, {"ada-okafor": public})

    assert done.returncode == 0
    assert bundle.predicate["strength"] == "ssh"
    assert (vouched, wrong) == (True, "")
    assert seen
    assert seen.origin == ORIGIN


def test_a_code_that_is_typed_with_the_act_makes_it_one_of_strength_code(place: Workplace, tmp_path: Path) -> None:
    """Sent to the person alone, it holds once."""
    run("code", DRIFT, "--by", "ada-okafor")
    code = json.loads((tmp_path / "ada.jsonl").read_text())["body"].split("case ")[1].split()[2]
    words = ["act", DRIFT, "acknowledge", "--by", "ada-okafor", "--why", "mine", "--code", code]
    shown = run(*words).output

    assert "acknowledge by ada-okafor, confirmed with a one-time code sent to them alone" in shown
    assert json.loads(run("case", DRIFT, "--json").output)["acts"][1]["strength"] == "code"
    with pytest.raises(AimsError, match="not used"):
        run("act", DRIFT, "comment", *words[3:])


def test_a_code_comes_back_when_its_act_is_refused(place: Workplace, tmp_path: Path) -> None:
    """A mistake in the form costs no code."""
    run("code", DRIFT, "--by", "ada-okafor")
    code = json.loads((tmp_path / "ada.jsonl").read_text())["body"].split("case ")[1].split()[2]
    words = ["--by", "ada-okafor", "--why", "mine", "--code", code]
    with pytest.raises(AimsError, match="the state fixed"):
        run("act", DRIFT, "reopen", *words)

    assert "one-time code" in run("act", DRIFT, "acknowledge", *words).output


def test_who_signs_an_act_can_keep_their_own_copy_and_hold_the_archive_against_it(
    place: Workplace, tmp_path: Path
) -> None:
    """The copy is the archived bundle, and a witness from outside."""
    own = tmp_path / "my-acts"
    signed = ("--by", "ada-okafor", "--why", "mine", "--keep", str(own))

    with pytest.raises(ConfigurationError, match="--sign with --keep"):
        run("act", DRIFT, "acknowledge", *signed)
    run("act", DRIFT, "acknowledge", *signed, "--sign", str(tmp_path / "ada"))

    [kept] = own.iterdir()
    report = verify_archive(place.archive, checkpoints={kept.name: kept.read_bytes()})
    assert kept.name == f"{DRIFT}.0002.tar"
    assert report.ok, report.lines()
    assert "1 kept act by a key that the root file does not list" in report.strength


REFUSED = {
    "another's key": (["acknowledge", "--by", "ben-lind", "--why", "x", "--sign", "{ada}"], "ben-lind.ssh_key"),
    "no such person": (["acknowledge", "--by", "zoe", "--why", "x"], "`acknowledge` by owner (ada-okafor)"),
    "no such act": (["aknowledge", "--by", "ada-okafor", "--why", "x"], "an act of remediation"),
    "no id at all": (["acknowledge", "--by", "Ada Okafor", "--why", "x"], "a person's id"),
    "a field that is none": (
        ["acknowledge", "--by", "ada-okafor", "--why", "x", "--field", "a-b=1"],
        "names of fields",
    ),
    "a field without a value": (["acknowledge", "--by", "ada-okafor", "--why", "x", "--field", "note"], "name=value"),
    "too long a reason": (["acknowledge", "--by", "ada-okafor", "--why", "x" * 5000], "at most 4000 characters"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_act_says_why_and_leaves_no_trace(
    place: Workplace, tmp_path: Path, words: list[str], said: str
) -> None:
    """A plain error with its mend, exit code 2, and no bundle more."""
    before = list(place.archive.list("bundle/"))

    with pytest.raises(AimsError) as caught:
        run("act", DRIFT, *[word.format(ada=tmp_path / "ada") for word in words])

    assert said in str(caught.value)
    assert caught.value.exit_code == 2
    assert list(place.archive.list("bundle/")) == before


def test_an_unknown_case_is_answered_with_the_one_it_is_like(place: Workplace) -> None:
    """A misspelt id costs one look."""
    with pytest.raises(AimsError, match=f"Did you mean {DRIFT}"):
        run("case", DRIFT.replace("drift", "drfit"))


def test_a_deleted_index_costs_nothing(place: Workplace, tmp_path: Path) -> None:
    """It is made anew from the archive by the next command."""
    before = run("cases", "--json").output
    (tmp_path / "state" / "cases.db").unlink()

    assert run("cases", "--json").output == before


def test_a_case_opened_by_hand_needs_a_known_kind(place: Workplace) -> None:
    """The message lists the kinds there are."""
    with pytest.raises(AimsError, match=r"a kind of case \(.*remediation"):
        run("open", "remedy", "--title", "abc", "--by", "ada-okafor", "--why", "x")


def test_a_kind_that_only_the_system_opens_cannot_be_opened_by_hand(place: Workplace) -> None:
    """A finding is a matter of proof."""
    with pytest.raises(AimsError, match="`open` by system"):
        run("open", "remediation", "--system", "early-help", "--title", "abc", "--by", "ada-okafor", "--why", "x")


def test_what_lapses_is_done_by_the_system_and_who_must_be_told_is_listed(place: Workplace) -> None:
    """An acceptance ends the day after its date; reminders and escalations follow the clock."""
    work, now = place.casework, datetime.now(UTC)
    until = (now + timedelta(days=1)).date().isoformat()
    work.act(DRIFT, "accept", by="eve-marsh", why="small", fields={"until": until, "measures": "read by a person"})

    assert work.lapse(now) == []
    assert [one.case.state for one in work.lapse(now + timedelta(days=3))] == ["reopened"]
    assert {one.reason for one in work.notices(now + timedelta(days=60))} == {"overdue", "escalation"}


def test_an_incident_is_opened_by_hand_and_its_clock_runs_from_awareness(place: Workplace) -> None:
    """The form is given by fields; the roles are the system's."""
    aware = datetime.now(UTC) - timedelta(days=3)
    form = ["--field", f"aware_at={aware.isoformat()}", "--field", "happened=wrong group", "--field", "harm=rights"]

    words = ["--system", "early-help", "--title", "Wrong offers", "--by", "ben-lind", "--why", "seen"]
    opened = json.loads(run("open", "incident", *words, "--severity", "death", *form, "--json").output)

    assert opened["id"].startswith("INC-early-help-")
    assert opened["owner"] == "ada-okafor"
    assert opened["due"] == (aware + timedelta(days=10)).date().isoformat()


def test_a_concern_about_the_organisation_is_raised_without_a_name(place: Workplace) -> None:
    """The roles are named, because no system names them."""
    words = ["open", "concern", "--title", "Old data", "--by", "anonymous", "--why", "the reference is years old"]

    with pytest.raises(AimsError, match="Give --roles"):
        run(*words)
    shown = run(*words, "--roles", "ada-okafor,ben-lind,eve-marsh,femi-adeyemi").output

    assert shown.startswith("CON-organisation-")


def test_people_of_the_organisation_answer_when_nobody_else_is_named(place: Workplace) -> None:
    """people.yaml names them once."""
    known = place.registry.people.model_copy(update={"organisation": ROLES})
    place.__dict__["registry"] = Registry(place.registry.systems, known)
    opened = run("open", "concern", "--title", "Old data", "--by", "anonymous", "--why", "years old", "--json").output

    assert json.loads(opened)["reviewer"] == ROLES.reviewer


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "yesterday", "2026-11-24T09:30"]
)
def test_a_moment_that_cannot_be_is_refused(place: Workplace, moment: str) -> None:
    """No clock leaves the calendar."""
    form = ["--field", f"aware_at={moment}", "--field", "happened=x", "--field", "harm=rights"]

    with pytest.raises(AimsError, match="a time with its zone"):
        run("open", "incident", "--system", "early-help", "--title", "abc", "--by", "ben-lind", "--why", "x", *form)
