"""Passwords, users, sessions, guesses and pages of the gate."""

import json
import os
from pathlib import Path

import pytest

from governance.adapters.gate.demo_users import demo_users
from governance.adapters.gate.login_page import home_page, login_page
from governance.adapters.gate.pages import find_page, is_public
from governance.adapters.gate.passwords import hash_password, matches, well_formed
from governance.adapters.gate.policy import OWN, PAGE, SANDBOX, UI, headers
from governance.adapters.gate.session import LASTS, Sessions
from governance.adapters.gate.sockets import spoken
from governance.adapters.gate.throttle import GUESSES, WINDOW, Throttle
from governance.adapters.gate.users import read_users
from governance.errors import ConfigurationError
from governance.registry.access import Role
from governance.registry.acting import Visitor
from governance.registry.people import People, Person

CHEAP = 2**10


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        """Seconds of the epoch."""
        return self.time


def test_a_password_fits_its_own_hash_alone() -> None:
    """Two hashes of one password differ, and both fit."""
    one, other = hash_password("long enough", n=CHEAP), hash_password("long enough", n=CHEAP)

    assert one != other
    assert matches("long enough", one)
    assert matches("long enough", other)
    assert not matches("long enough ", one)
    assert "long enough" not in one


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        "x",
        "md5$1$1$1$YQ==$YQ==",
        "scrypt$0$8$1$YQ==$YQ==",
        "scrypt$3$8$1$YQ==$YQ==",
        "scrypt$1024$8$1$!$!",
        "$$$$$",
    ],
)
def test_a_damaged_hash_lets_nobody_in(hashed: str) -> None:
    """No error, no entry."""
    assert not well_formed(hashed)
    assert not matches("", hashed)


def test_a_hash_that_would_take_all_memory_is_none() -> None:
    """A cost beyond the limit is refused when users are read."""
    costly = hash_password("x", n=CHEAP).replace("$1024$", f"${2**24}$")

    assert not well_formed(costly)


def test_a_cookie_lasts_for_its_time_and_until_signing_out() -> None:
    """Afterwards a copy of it is worth nothing."""
    clock = Clock()
    sessions = Sessions(clock)
    cookie, other = sessions.begin("ada-okafor"), sessions.begin("ada-okafor")
    found = sessions.read(cookie)
    assert found
    assert found.user == "ada-okafor"

    sessions.end(found)

    assert sessions.read(cookie) is None
    assert sessions.read(other)
    clock.time += LASTS + 1
    assert sessions.read(other) is None


def test_a_forged_cookie_is_none() -> None:
    """Another key, another body, a cut, a turned signature."""
    sessions = Sessions(Clock())
    body, signature = sessions.begin("viewer").split(".")
    foreign = Sessions(Clock()).begin("operator")

    for cookie in (
        foreign,
        f"{foreign.split('.')[0]}.{signature}",
        body,
        f"{body}.",
        f".{signature}",
        "",
        "a.b.c",
        "é.é",
    ):
        assert sessions.read(cookie) is None


def test_guesses_for_an_id_are_few_in_five_minutes() -> None:
    """Then nobody is heard for a while, whatever the address; other ids are."""
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(GUESSES):
        assert throttle.wait("ada", f"peer{number}") == 0
        throttle.failed("ada", f"peer{number}")

    assert throttle.wait("ada", "another") > 0
    assert throttle.wait("ben", "another") == 0
    clock.time += WINDOW + 1
    assert throttle.wait("ada", "another") == 0


def test_invented_ids_fill_no_memory() -> None:
    """What is over is forgotten."""
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(50):
        throttle.failed(f"x{number}", "peer")
    clock.time += WINDOW + 1
    throttle.failed("y", "peer")

    assert len(throttle._failures) == 2


def test_users_come_from_json_or_from_a_file_that_only_we_read(tmp_path: Path) -> None:
    """A file open to others is refused with the mend."""
    text = json.dumps({"ada-okafor": {"role": "owner", "hash": hash_password("x" * 8, n=CHEAP)}})
    path = tmp_path / "users.json"
    path.write_text(text)
    path.chmod(0o600)

    assert read_users(text, ["ada-okafor"]) == read_users(str(path), ["ada-okafor"])
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_users(str(path), ["ada-okafor"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "AIMS_GATE_USERS"),
        ("{", "JSON object"),
        ("{}", "JSON object"),
        ("/nowhere/users.json", "no file"),
        ('{"a": {"role": "chief"}}', "viewer, owner, operator"),
        ('{"a": {"role": "viewer", "hash": "planted-secret"}}', "aims gate hash"),
        ('{"a": {"role": "viewer", "password": "planted-secret"}}', "aims gate hash"),
        ('{"a": {"role": "owner"}}', "people.yaml"),
    ],
)
def test_wrong_users_are_told_without_showing_what_was_given(given: str, said: str) -> None:
    """The message names the place and the mend, never a hash or a password."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_users(given, ["ada-okafor"])

    assert "planted-secret" not in str(caught.value)


def test_demo_users_are_made_once_and_kept_private(tmp_path: Path) -> None:
    """Everyone of people.yaml, an auditor, an operator; a second start adds only who is new."""
    ada = Person(id="ada-okafor", name="Ada Okafor", email="ada@example.org")
    ben = Person(id="ben-lind", name="Ben Lind", email="ben@example.org")
    folder = tmp_path / "gate"
    users, first = demo_users(folder, People(people=(ada,)))
    before = users.read_text()
    _, second = demo_users(folder, People(people=(ada,)))
    _, third = demo_users(folder, People(people=(ada, ben)))

    assert set(first) == {"ada-okafor", "auditor-demo", "operator-demo"}
    assert second == {}
    assert set(third) == {"ben-lind"}
    assert "DEMO" in before
    found = read_users(str(users), ["ada-okafor", "ben-lind"])
    assert matches(first["ada-okafor"], found["ada-okafor"].hash)
    assert found["auditor-demo"].role is Role.VIEWER
    assert {os.stat(path).st_mode & 0o777 for path in folder.iterdir()} == {0o600}  # noqa: PTH116 - the mode is the point


@pytest.mark.parametrize("policy", [UI, OWN, PAGE, SANDBOX])
def test_every_policy_shuts_frames_objects_and_other_hosts(policy: str) -> None:
    """No host, no wildcard, no scheme but data and blob."""
    given = headers(policy, secure=False)["content-security-policy"]

    assert "frame-ancestors 'none'" in given
    assert "object-src 'none'" in given
    assert not {"*", "http:", "https:", "ws:", "wss:", "'unsafe-eval'"} & set(given.replace(";", " ").split())


def test_the_ui_runs_no_script_from_a_page_and_evidentlys_page_has_no_session() -> None:
    """Inline scripts run only in the sandbox, whose origin is nobody's."""
    assert "script-src 'self';" in UI
    assert SANDBOX.endswith("sandbox allow-scripts")
    assert "script-src" not in PAGE + OWN


def test_pages_show_what_was_typed_as_text() -> None:
    """An id with markup stays text."""
    page = login_page('/"><script>', user='"><script>', problem="<script>")

    assert "<script" not in page + home_page(Visitor("<script>", Role.VIEWER, "<script>"), may_leave=True)


def test_only_pages_of_runs_are_given_out(tmp_path: Path) -> None:
    """No list, no hidden or other file, no way out of the folder."""
    folder, window = tmp_path / "reports", tmp_path / "reports/bank-calls/2008-10"
    window.mkdir(parents=True)
    for path in (window / "page.html", window / ".page.html.part", window / "notes.txt", tmp_path / "secret.html"):
        path.write_text("x")
    (window / "link.html").symlink_to(tmp_path / "secret.html")
    refused = ["", "bank-calls", "bank-calls/2008-10", "bank-calls/2008-10/notes.txt", "bank-calls/2008-10/link.html"]
    refused += ["bank-calls/2008-10/.page.html.part", "../secret.html", "bank-calls/../../secret.html", "/etc/passwd"]

    answer = folder / "evidence/evidence-request.bank-calls.20261124T185200Z-00fbc7.tar"
    answer.parent.mkdir()
    answer.write_text("x")
    (answer.parent / "other.tar").write_text("x")
    refused += ["evidence/other.tar", "evidence/../evidence/evidence-request.x.tar"]

    assert find_page(folder, "bank-calls/2008-10/page.html")
    assert find_page(folder, f"evidence/{answer.name}")
    assert [name for name in refused if find_page(folder, name)] == []
    assert not is_public("bank-calls/2008-10/page.html")


def test_a_stream_hears_a_filter_and_a_token_that_is_not_the_browsers() -> None:
    """What the browser says of a token never reaches the server; other messages end the stream."""
    assert json.loads(spoken('{"type": "auth", "token": "mine"}', "ours")) == {"type": "auth", "token": "ours"}
    assert json.loads(spoken('{"type": "filter", "filter": {}}', "ours"))["type"] == "filter"
    for text in ("", "[]", "null", '{"type": "event"}', "{", '{"type": "filter", "x": "' + "y" * 70_000 + '"}'):
        assert spoken(text, "ours") == ""
