"""Evidence on demand: an auditor asks, is given one folder, and checks it elsewhere, without network and without us."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters import evidence_answer
from governance.adapters.embedded import begin_archive
from governance.adapters.gate.pages import find_page
from governance.adapters.s3 import S3Archive
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.cases.plan import plan_verdict
from governance.cli import evidence, verify
from governance.compliance.beat import beat_of
from governance.compliance.proof import run_key, run_members, run_statement
from governance.errors import ConfigurationError
from governance.evidence import build_bundle, load_root, read_bundle, store_bundle, verify_archive
from governance.verdict import Verdict
from tests.builders import verdict
from tests.case_world import REVIEWER, make_home
from tests.prefect_server import Run, begin

APP = typer.Typer()
evidence.register(APP)
verify.register(APP)
WHY = "Yearly audit, letter of 3 March"
SPAN = ("--system", "loans", "--from", "2026-02-01", "--to", "2026-03-31", "--by", REVIEWER, "--reason", WHY)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Two systems; of `loans` January, February and April were judged, March never was; February's drift is a case."""
    folder = tmp_path_factory.mktemp("world")
    home = make_home(folder, systems=("loans", "other"))
    here = begin(folder / "state", home)
    for system, months in {"loans": (1, 2, 4), "other": (1, 2, 3, 4)}.items():
        for month in months:
            store_run(here, judged(system, month))
    plan = plan_verdict(
        judged("loans", 2), [], system=here.registry.system("loans"), people=here.registry.people,
        now=datetime(2026, 3, 2, 7, tzinfo=UTC), kind=here.kinds["remediation"],
    )  # fmt: skip
    here.casework.record_all(plan.acts)
    for hour in (9, 10, 14):
        beat(here, datetime(2026, 4, 3, hour, 30, tzinfo=UTC))
    return here


def judged(system: str, month: int) -> Verdict:
    """The verdict of a month."""
    start, end = (datetime(2026, each, 1, tzinfo=UTC) for each in (month, month + 1))
    return verdict(system=system, window=f"2026-{month:02d}", start=start, end=end)


def store_run(here: Workplace, judged: Verdict) -> None:
    """Sign and store a run, as the monitor does."""
    members = run_members(judged, here.registry.texts[judged.system], {})
    created = datetime.now(UTC)
    said = run_statement(judged, members, origin=here.settings.origin, created=created)
    signer = here.keys.statement
    body = build_bundle(bundle_id=judged.bundle_id, members=members, statement=said, signer=signer)
    put(here, run_key(judged), body)


def beat(here: Workplace, now: datetime) -> None:
    """Store the heartbeat of the hour before."""
    here.log.refresh(here.archive)
    found = beat_of(here.registry, {entry.key for entry in here.log.entries}, now)
    said = found.statement(here.registry, origin=here.settings.origin, created=datetime.now(UTC))
    signer = here.keys.statement
    body = build_bundle(bundle_id=found.id, members=found.members, statement=said, signer=signer)
    put(here, found.key, body)


def put(here: Workplace, key: str, body: bytes) -> None:
    """Store a bundle and sign the head."""
    keep, signer, origin = here.retain_until(None), here.keys.log, here.settings.origin
    store_bundle(here.archive, key, body, keep, log=here.log, log_signer=signer, origin=origin)


@pytest.fixture
def here(begun: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The workplace, as the command finds it."""
    monkeypatch.setattr(Workplace, "here", classmethod(lambda _cls: begun))
    return begun


def aims(*words: object) -> Result:
    """Run a command; its own errors are raised."""
    done = CliRunner().invoke(APP, [str(word) for word in words])
    if isinstance(done.exception, ConfigurationError):
        raise done.exception
    return done


def sh(script: str, cwd: Path) -> tuple[int, str]:
    """Exit code and output of a shell script, with no variable of ours in its environment."""
    done = subprocess.run(
        ["sh", "-c", script], cwd=cwd, env={"PATH": "/usr/bin:/bin"}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


@dataclass(frozen=True)
class Given:
    """What the auditor was given, moved to another place, and what the command said."""

    folder: Path
    said: Result
    digest: str
    page: str

    @property
    def bundles(self) -> list[str]:
        """The names of the bundles in the folder."""
        return sorted(path.stem for path in self.folder.glob("bundle/**/*.tar"))


def ask(here: Workplace, tmp_path: Path, *more: str) -> Given:
    """Ask for February and March, and move the answer elsewhere."""
    said = aims("evidence", *SPAN, *more, "-o", tmp_path / "out")
    shutil.move(tmp_path / "out", tmp_path / "elsewhere")
    folder = tmp_path / "elsewhere"
    digest = load_root(here.archive).digest
    return Given(folder, said, digest, html.unescape((folder / "index.html").read_text("utf-8")))


def test_an_answer_is_complete_minimal_and_says_what_is_missing(here: Workplace, tmp_path: Path) -> None:
    """The runs and cases of the system in the span and nothing else; the window that was never judged is named."""
    given = ask(here, tmp_path)

    names = [name for name in given.bundles if not name.startswith("evidence-request")]
    assert given.said.exit_code == 1, given.said.output
    assert "missing: window 2026-03: ended 2026-04-01T00:00:00Z, not judged" in given.said.output
    assert [name for name in names if name.startswith("loans")] == ["loans.2026-02.r0"]
    assert all(name.startswith(("loans", "REM-loans-")) for name in names)
    assert {name.rpartition(".")[2] for name in names if name.startswith("REM")} == {"0001"}
    assert "window 2026-03" in given.page
    assert "2 outside limits" in given.page
    assert "open by system, done by the system itself" in given.page


def test_an_answer_verifies_elsewhere_by_our_tool_and_by_stock_tools_alone(here: Workplace, tmp_path: Path) -> None:
    """Moved to another place: `aims verify`, verify-all.sh, and each command that the page names."""
    given = ask(here, tmp_path)
    (tmp_path / "mail").write_text("\n".join(re.findall(r"<pre>\n(aims.invalid/local\n\d+\n\S+)\n</pre>", given.page)))

    ours = aims("verify", given.folder, "--root-digest", given.digest, "--checkpoint", tmp_path / "mail")
    theirs = sh(f"sh verify-all.sh . {given.digest} {tmp_path}/mail", given.folder)
    commands = re.findall(r"<code>(sh verify-one\.sh [^<]+)</code>", given.page)
    alone = [sh(command, given.folder) for command in commands]

    assert ours.exit_code == 0, ours.output
    assert "root file pinned" in ours.output
    assert theirs[0] == 0, theirs[1]
    about = "about loans, with all its runs that ended after 2026/02/01/00 until 2026/04/01/00: "
    assert about in ours.output
    assert about in theirs[1]
    assert theirs[1].splitlines()[-1].startswith("VERIFIED")
    assert len(commands) == len(given.bundles) - 1
    assert all(code == 0 for code, _ in alone), alone


def test_who_asked_when_and_why_is_logged_before_anything_is_given(here: Workplace, tmp_path: Path) -> None:
    """The request is a signed bundle of the archive, and the archive verifies with it."""
    given = ask(here, tmp_path)

    key = (given.folder / "REQUEST").read_text().strip()
    logged = read_bundle(here.archive.get(key), key)
    listed = logged.members["bundles.txt"].decode().splitlines()
    asked = json.loads(logged.members["request.json"])
    assert (logged.predicate["by"], logged.predicate["reason"]) == (REVIEWER, WHY)
    assert (asked["from"], asked["to"], asked["missing"][0]["what"]) == ("2026-02-01", "2026-03-31", "window 2026-03")
    assert sorted(line.rpartition("/")[2].removesuffix(".tar") for line in listed) == [
        name for name in given.bundles if not name.startswith("evidence-request")
    ]
    assert verify_archive(here.archive).ok


def test_an_answer_from_which_something_was_taken_or_changed_is_refused(here: Workplace, tmp_path: Path) -> None:
    """A bundle gone, a byte changed, a bundle added: both verifiers name it."""
    given = ask(here, tmp_path)
    run = next(given.folder.glob("bundle/**/loans.2026-02.r0.tar"))
    body, key = run.read_bytes(), run.relative_to(given.folder).as_posix()

    run.unlink()
    gone = aims("verify", given.folder).output, sh("QUICK=1 sh verify-all.sh . -", given.folder)[1]
    run.write_bytes(body.replace(b"2026-02", b"2026-03"))
    changed = aims("verify", given.folder).output, sh("QUICK=1 sh verify-all.sh . -", given.folder)[1]
    run.write_bytes(body)
    run.with_name("loans.2026-02.r9.tar").write_bytes(body)
    added = aims("verify", given.folder).output, sh("QUICK=1 sh verify-all.sh . -", given.folder)[1]

    assert [f"FAIL  {word} {key}" in text for word, text in zip(("DELETED", "MISSING"), gone, strict=True)] == [
        True
    ] * 2
    assert [f"FAIL  ALTERED {key}" in text for text in changed] == [True] * 2
    assert [f"FAIL  NOT IN LOG {key.replace('r0', 'r9')}" in text for text in added] == [True] * 2


def test_a_run_that_the_auditee_leaves_out_of_the_answer_is_named(
    here: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hands out signs the list; the lines of the log show what is not on it."""
    honest = evidence_answer.collect
    picked = lambda *given: (one for one in honest(*given) if "2026-02" not in one.entry.key)  # noqa: E731
    monkeypatch.setattr(evidence_answer, "collect", picked)

    given = ask(here, tmp_path)

    for text in (aims("verify", given.folder).output, sh("QUICK=1 sh verify-all.sh . -", given.folder)[1]):
        assert "FAIL  LEFT OUT bundle/2026/03/01/00/loans.2026-02.r0.tar" in text
        assert "NOT VERIFIED" in text


def test_a_control_narrows_the_answer_to_what_evidences_it(here: Workplace, tmp_path: Path) -> None:
    """10.2, nonconformity and corrective action: the case about February's window, though opened in March; no runs."""
    (tmp_path / "a").mkdir()
    case = ask(here, tmp_path / "a", "--control", "10.2", "--to", "2026-02-28")
    runs = ask(here, tmp_path, "--control", "A.6.2.6", "--to", "2026-04-30")

    assert [name.split("-")[0] for name in case.bundles if "request" not in name] == ["REM"] * (len(case.bundles) - 1)
    assert len(case.bundles) > 1
    assert "ISO/IEC 42001 10.2" in case.page
    assert aims("verify", case.folder).exit_code == 0
    assert {"loans.2026-02.r0", "loans.2026-04.r0"} <= set(runs.bundles)


def test_heartbeats_that_name_a_missing_run_are_given_and_their_silence_is_said(
    here: Workplace, tmp_path: Path
) -> None:
    """A window nobody judged shows twice: by the registry, and by what the heartbeat of the time signed."""
    given = ask(here, tmp_path, "--to", "2026-04-30")

    assert "heartbeat.20260403T08" in given.bundles
    assert "none from 2026-04-03T09:00:00Z to 2026-04-03T13:00:00Z" in given.page
    assert re.search(r"\d of this system's runs were due, 1 missing", given.page)
    assert aims("verify", given.folder).exit_code == 0


REFUSED = {
    "an unknown system": (("--system", "lones"), "a system of the registry (loans, other)"),
    "days in the wrong order": (("--to", "2026-01-31"), "the first not after the last"),
    "an unknown control": (("--control", "A.6.2.66"), "Did you mean A.6.2.6"),
    "a control that no record evidences": (("--control", "A.4.5"), "a control that records evidence"),
    "an unknown person": (("--by", "zoe"), "an id of people.yaml"),
    "no reason": (("--reason", " "), "3 to 4000 characters"),
    "a folder with something in it": (("-o", "."), "an empty folder"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_request_is_refused_with_the_mend_and_nothing_is_logged(
    here: Workplace, tmp_path: Path, case: str
) -> None:
    """Exit code 2, one line, and the log is as it was."""
    wrong, said = REFUSED[case]
    before = len(here.log)

    with pytest.raises(ConfigurationError) as refused:
        aims("evidence", *SPAN, "-o", tmp_path / "out", *wrong)

    assert said in str(refused.value)
    assert len(here.log) == before
    assert not (tmp_path / "out" / "index.html").exists()


@pytest.mark.servers
@pytest.mark.long
def test_the_form_in_prefect_gives_the_same_folder_in_one_file(
    here: Workplace, tmp_path: Path, prefect_server: str, runs: Run
) -> None:
    """A typed form: the answer lies among the pages, is linked in the UI, and verifies after it is unpacked."""
    wanted = {"system": "loans", "first": "2026-02-01", "last": "2026-03-31", "by": REVIEWER, "reason": WHY}

    told = runs(
        here.settings.state, "", flow="flows.evidence:hand_out_evidence", arguments={"wanted": wanted},
        home=str(here.home),
    )  # fmt: skip
    refused = runs(
        here.settings.state, "", flow="flows.evidence:hand_out_evidence",
        arguments={"wanted": wanted | {"system": "lones"}}, home=str(here.home),
    )  # fmt: skip

    assert told["name"] == "Given, with gaps", told
    assert "missing: window 2026-03, heartbeats" in told["message"] or "missing: window 2026-03;" in told["message"]
    [tar] = (here.reports / "evidence").glob("*.tar")
    code, said = sh(f"tar -xf {tar} && cd {tar.stem} && sh verify-all.sh . {load_root(here.archive).digest}", tmp_path)
    assert code == 0, said
    assert find_page(here.reports, f"evidence/{tar.name}")
    assert find_page(here.reports, f"evidence/{tar.stem}/index.html")
    assert refused["type"] == "FAILED"
    assert "a system of the registry (loans, other)" in refused["message"]


@pytest.mark.servers
@pytest.mark.long
def test_an_answer_from_a_locked_bucket_verifies_in_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3_archive: S3Archive
) -> None:
    """The request is locked as every record is; the copy is plain files."""
    home, state = make_home(tmp_path), tmp_path / "state"
    none = (tmp_path / "none").as_uri()
    here = Workplace(Settings(home, state, s3_archive.name, tmp_path / "keys", "aims.invalid/local", none, none))
    here.__dict__["archive"] = s3_archive
    monkeypatch.setattr(Workplace, "here", classmethod(lambda _cls: here))
    begin_archive(here)
    store_run(here, judged("loans", 2))

    given = ask(here, tmp_path)

    code, said = sh(f"sh verify-all.sh . {given.digest}", given.folder)
    lock = s3_archive.lock_of((given.folder / "REQUEST").read_text().strip())
    assert code == 0, said
    assert aims("verify", given.folder, "--root-digest", given.digest).exit_code == 0
    assert lock
    assert lock.mode == "COMPLIANCE"
    assert verify_archive(s3_archive).ok
