"""The story of an appeal whose personal text is erased: nothing of it stood anywhere, all else stands."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters.case_keys import CaseKeys
from governance.adapters.workplace import Workplace
from governance.cli import act, cases, erase, rebuild
from governance.errors import ActRefused, AimsError, KeyFault
from governance.evidence import verify_archive
from governance.registry.registry import Registry
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, EVE, KINDS
from tests.prefect_server import begin

APP = typer.Typer()
for module in (act, cases, erase, rebuild):
    module.register(APP)
NAME, LETTER, ANSWER = "Jolanda Plantedname", "my late payment of 31337 was an error", "Dear Mx Plantedname"
PLANTED = ("Plantedname", "31337")
DECIDED = ("--field", "outcome=changed", "--field", "grounds=wrong code")
VARIABLES = ("AIMS_HOME", "AIMS_STATE", "COLUMNS")


def run(*words: str, stdin: str | None = None) -> Result:
    """What a command prints; its own errors are raised."""
    done = CliRunner().invoke(APP, list(words), input=stdin)
    if isinstance(done.exception, AimsError):
        raise done.exception
    return done


def workplace(folder: Path) -> Workplace:
    """The workplace in a folder, with one system."""
    os.environ.update(AIMS_HOME=str(KINDS.parent), AIMS_STATE=str(folder / "state"), COLUMNS="300")
    here = Workplace.here()
    here.__dict__["registry"] = Registry({"early-help": system()}, people())
    return here


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with an appeal that was received, decided and answered; person, letter and answer are personal text."""
    folder = tmp_path_factory.mktemp("told")
    with pytest.MonkeyPatch.context() as changed:
        for name in VARIABLES:
            changed.setenv(name, "")
        begin(folder / "state", KINDS.parent)
        workplace(folder)
        (folder / "letter.txt").write_text(LETTER)
        form = ["received_at=2026-11-20T10:00+01:00", "channel=letter", "wish=human_review"]
        fields = [word for one in form for word in ("--field", one)]
        words = ["--system", "early-help", "--title", "An appeal", "--by", BEN, "--why", "a letter came", *fields]
        personal = ["--field-file", f"statement={folder / 'letter.txt'}", "--field-file", "person=-"]
        opened = json.loads(run("open", "appeal", *words, *personal, "--json", stdin=NAME).output)["id"]
        run("act", opened, "take", "--by", EVE, "--why", "I look", "--field", f"frozen={'9f' * 32}")
        run("act", opened, "decide", "--by", EVE, "--why", "x", *DECIDED)
        answer = ["--field", "told_on=2026-11-24", "--field-file", "answer=-"]
        run("act", opened, "answer", "--by", EVE, "--why", "told", *answer, stdin=ANSWER)
        (folder / "letter.txt").unlink()
    return folder, str(opened)


@pytest.fixture
def place(told: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A copy of the workplace with the appeal."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    shutil.copytree(told[0] / "state", tmp_path / "state")
    return workplace(tmp_path)


@pytest.fixture
def appeal(told: tuple[Path, str]) -> str:
    """The id of the appeal."""
    return told[1]


def files_with(folder: Path, *texts: str) -> list[str]:
    """The files below a folder (tars are not compressed) that hold one of the texts in any common encoding."""
    wanted = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in files if any(one in path.read_bytes() for one in wanted))


def test_personal_text_is_shown_where_the_key_is_and_stands_nowhere_in_plain(
    place: Workplace, appeal: str, tmp_path: Path
) -> None:
    """Archive, index, outbox, pages, messages and keys hold none of it; whoever may read the key reads the text."""
    shown = run("case", appeal).output
    told = json.loads(run("case", appeal, "--json").output)

    assert files_with(tmp_path, *PLANTED) == []
    assert files_with(tmp_path, "wrong code") != []
    assert all(text in shown for text in (NAME, LETTER, ANSWER))
    assert told["acts"][0]["fields"]["person"] == NAME
    assert verify_archive(place.archive).ok


def test_an_erased_text_is_gone_for_ever_and_the_archive_is_whole(
    place: Workplace, appeal: str, tmp_path: Path
) -> None:
    """Who erased it, when and why is a signed act; what it was is nowhere."""
    key = CaseKeys(place.settings.keys / "cases").find(appeal)
    assert key
    done = run("erase", appeal, "--by", EVE, "--reason", "asked for it", "--ground", "asked_for")
    shown = run("case", appeal).output

    assert f"{appeal}: personal text erased on 20" in done.output
    assert "by eve-marsh" in done.output
    assert not any(text in shown for text in (NAME, LETTER, ANSWER))
    assert shown.count("by eve-marsh") >= 3
    assert f"Personal text erased on {place.index.acts(appeal)[-1].at:%Y-%m-%d} by {EVE}" in shown
    assert [one.verb for one in place.index.acts(appeal)][-1] == "erase"
    assert CaseKeys(place.settings.keys / "cases").cases() == []
    assert not any(key in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    report = verify_archive(place.archive)
    assert report.ok
    assert "VERIFIED" in report.lines()[-1]


def test_a_rebuild_restores_the_erased_case(place: Workplace, appeal: str) -> None:
    """The case, its acts and its erasure come from the archive alone."""
    run("erase", appeal, "--by", EVE, "--reason", "asked for it")
    before = place.index.dump()
    (place.settings.state / "cases.db").unlink()
    run("rebuild")

    assert place.index.dump() == before
    found = place.index.case(appeal)
    assert found
    assert found.erased
    assert (found.state, found.erased.by) == ("answered", EVE)


def test_without_any_key_the_case_is_read_and_its_text_is_sealed(place: Workplace, appeal: str) -> None:
    """An auditor's machine has the archive and no keys."""
    shutil.rmtree(place.settings.keys)
    (place.settings.state / "cases.db").unlink()
    rebuilt = run("rebuild")
    shown = run("case", appeal).output

    assert rebuilt.exit_code == 0
    assert shown.count("sealed: key not here") == 3
    assert NAME not in shown


def test_a_key_that_comes_back_from_a_backup_opens_nothing_and_is_destroyed_again(
    place: Workplace, appeal: str, tmp_path: Path
) -> None:
    """An erased case shows nothing whatever lies in the folder; the next follow-up or rebuild clears it."""
    folder = place.settings.keys / "cases"
    shutil.copytree(folder, tmp_path / "backup")
    run("erase", appeal, "--by", EVE, "--reason", "asked for it")
    shutil.copytree(tmp_path / "backup", folder, dirs_exist_ok=True)
    shown = run("case", appeal).output
    run("rebuild")

    assert NAME not in shown
    assert list(folder.iterdir()) == []


@pytest.mark.long
def test_an_erasure_that_was_killed_before_the_key_went_is_finished_by_the_next(
    place: Workplace, appeal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act stands first; repeating it destroys the key and adds no act."""
    real = CaseKeys.destroy
    monkeypatch.setattr(CaseKeys, "destroy", _dies)
    with pytest.raises(KeyFault):
        run("erase", appeal, "--by", EVE, "--reason", "asked for it")
    monkeypatch.setattr(CaseKeys, "destroy", real)
    place.index.sync(place.archive)
    acts = len(place.index.acts(appeal))
    done = run("erase", appeal, "--by", EVE, "--reason", "again")

    assert "had been erased before" in done.output
    assert len(place.index.acts(appeal)) == acts
    assert place.case_keys.cases() == []


def _dies(_keys: CaseKeys, _case: str) -> bool:
    raise KeyFault


def test_an_erased_case_goes_on_without_new_personal_text(place: Workplace, appeal: str) -> None:
    """It can be reopened and decided; what is personal belongs into another case."""
    run("erase", appeal, "--by", EVE, "--reason", "asked for it")
    run("act", appeal, "reopen", "--by", EVE, "--why", "disputed")
    words = ["act", appeal, "decide", "--by", EVE, "--why", "x", *DECIDED]

    with pytest.raises(ActRefused, match="no personal text on an erased case"):
        run(*words, "--field", "grounds_personal=Ms Plantedname is right")
    assert place.case_keys.cases() == []
    assert "is decided" in run(*words).output


def test_who_may_not_erase_does_not(place: Workplace, appeal: str) -> None:
    """The owner of the system cannot destroy what speaks against it."""
    with pytest.raises(ActRefused, match="`erase` by reviewer"):
        run("erase", appeal, "--by", ADA, "--reason", "I do not like it")

    assert place.case_keys.cases() == [appeal]
    assert NAME in run("case", appeal).output


def test_a_refused_opening_leaves_no_key(place: Workplace, appeal: str) -> None:
    """A key is made only for an act that may be done."""
    words = [
        "--system",
        "early-help",
        "--title",
        "Wrong",
        "--by",
        BEN,
        "--why",
        "x",
        "--field",
        "person=Ms Plantedname",
    ]
    with pytest.raises(AimsError) as refused:
        run("open", "appeal", *words, "--field", "received_at=2026-11-20T10:00+01:00", "--field", "channel=pigeon")

    assert "Plantedname" not in str(refused.value)
    assert place.case_keys.cases() == [appeal]


@pytest.mark.long
def test_a_key_that_others_may_read_is_not_used(place: Workplace, appeal: str) -> None:
    """Its file has the mode 0600 in a folder of 0700."""
    [path] = (place.settings.keys / "cases").iterdir()
    made = stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)
    path.chmod(0o640)

    assert made == (0o600, 0o700)
    with pytest.raises(KeyFault, match="chmod 600"):
        run("case", appeal)


def test_a_key_under_a_passphrase_opens_with_it_alone(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever copies the folder of keys has nothing yet."""
    keys = CaseKeys(tmp_path / "wrapped")
    monkeypatch.setenv("AIMS_KEY_PASSPHRASE", "correct horse")
    key = keys.of("APP-x")
    again = keys.find("APP-x")
    monkeypatch.setenv("AIMS_KEY_PASSPHRASE", "another")

    assert again == key
    assert key not in (tmp_path / "wrapped/APP-x.key").read_bytes()
    with pytest.raises(KeyFault, match="AIMS_KEY_PASSPHRASE"):
        keys.find("APP-x")
    assert keys.destroy("APP-x")


@pytest.mark.long
def test_a_kind_without_personal_text_cannot_be_erased(place: Workplace) -> None:
    """The message says so."""
    with pytest.raises(AimsError, match="a kind that keeps personal text"):
        run("erase", _halt(), "--by", EVE, "--reason", "x")


def _halt() -> str:
    words = ["--system", "early-help", "--title", "Stop it", "--by", ADA, "--why", "x", "--field", "manner=stop"]
    opened = run("open", "halt", *words, "--field", "ordered_at=2026-11-20T10:00+01:00", "--json")
    case: dict[str, str] = json.loads(opened.output)
    return case["id"]


@pytest.mark.long
def test_the_same_text_twice_has_two_ciphertexts_and_its_length_is_not_told(place: Workplace, appeal: str) -> None:
    """Text is bound to its act and field, and padded: a name of 5 letters is as long as one of 50."""
    told = run("act", appeal, "reopen", "--by", EVE, "--why", "x")
    words = ["act", appeal, "decide", "--by", EVE, "--why", "x", *DECIDED]
    run(*words, "--field", "grounds_personal=Short")
    first = place.index.acts(appeal)[-1].fields["grounds_personal"]
    run("act", appeal, "reopen", "--by", EVE, "--why", "x")
    run(*words, "--field", "grounds_personal=Short")
    second = place.index.acts(appeal)[-1].fields["grounds_personal"]

    assert told.exit_code == 0
    assert first != second
    assert len(first) == len(second) == len(place.index.acts(appeal)[0].fields["person"])
