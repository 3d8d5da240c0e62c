"""Messages reach people, a stand-in when they cannot be reached, and never take a secret or a run with them."""

import json
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from governance.adapters.notify import notify
from governance.cases.message import Message
from governance.registry.people import People, Person

BODY = "Hello Ada Okafor,\n\n1. Drift: âge ≥ 65\n\nexample.org/aims\n1234\ngFHVHgjT5+w=\n"
NOTE = Message("ada-okafor", "ben-lind", "1 case waits for you", BODY)


def two(ada: tuple[str, ...] = (), ben: tuple[str, ...] = ()) -> People:
    """Ada and Ben with these addresses."""
    ada_ = Person(id="ada-okafor", name="Ada Okafor", email="ada@example.org", notify=ada)
    return People(people=(ada_, Person(id="ben-lind", name="Ben Lind", email="ben@example.org", notify=ben)))


def lines(path: Path) -> list[dict[str, str]]:
    """What a notification file holds."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_file_address_keeps_one_line_of_json_a_message(tmp_path: Path) -> None:
    """A demo needs no mail server."""
    path = tmp_path / "new folder" / "notifications.jsonl"

    done = notify([NOTE, NOTE], two(), default=path.as_uri(), environ={})

    assert [(one.person, one.reached, one.kind, one.ok) for one in done] == [("ada-okafor",) * 2 + ("file", True)] * 2
    assert [(line["to"], line["subject"], line["body"]) for line in lines(path)] == [
        ("ada-okafor", NOTE.subject, BODY)
    ] * 2


def test_a_person_with_an_address_does_not_get_the_default(tmp_path: Path) -> None:
    """The default is for those who named none."""
    own, common = tmp_path / "own.jsonl", tmp_path / "common.jsonl"

    notify([NOTE], two(ada=(own.as_uri(),)), default=common.as_uri(), environ={})

    assert len(lines(own)) == 1
    assert not common.exists()


def test_the_deputy_gets_what_the_owner_cannot(tmp_path: Path) -> None:
    """No message is lost because one address is broken; the deputy reads why it comes to them."""
    path = tmp_path / "ben.jsonl"

    done = notify([NOTE], two(ada=("nosuchservice://x",), ben=(path.as_uri(),)), default="", environ={})

    assert [(one.reached, one.ok) for one in done] == [("ada-okafor", False), ("ben-lind", True)]
    assert lines(path)[0]["body"].startswith("ada-okafor could not be reached, so this comes to you")


def test_one_working_address_is_enough(tmp_path: Path) -> None:
    """The deputy is not troubled while the owner has an address that works."""
    path = tmp_path / "ada.jsonl"

    done = notify([NOTE], two(ada=("nosuchservice://x", path.as_uri())), default="", environ={})

    assert [one.reached for one in done] == ["ada-okafor", "ada-okafor"]


def test_an_address_takes_its_secret_from_the_environment(tmp_path: Path) -> None:
    """people.yaml holds no secret."""
    path = tmp_path / "x.jsonl"

    notify([NOTE], two(ada=("${ADA_FILE}",)), default="", environ={"ADA_FILE": path.as_uri()})

    assert len(lines(path)) == 1


def test_a_variable_that_is_not_set_is_named() -> None:
    """The reason says what to set."""
    (done, _) = notify([NOTE], two(ada=("mailto://u:${ADA_SECRET}@example.org",)), default="", environ={})

    assert (done.ok, done.kind, done.reason) == (False, "mailto", "the environment lacks ADA_SECRET")


def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


SECRET = "hunter2-4711"
BROKEN = {
    "nobody listens": "json://user:${P}@127.0.0.1:{port}/hook",
    "no service of this name": "nosuchservice://${P}",
    "no address at all": "${P}",
    "a file that cannot be": "file:///proc/nowhere/${P}",
    "mail without a server": "mailto://user:${P}@127.0.0.1:{port}/?from=a@example.org&to=b@example.org",
}


@pytest.mark.servers
@pytest.mark.parametrize("address", BROKEN.values(), ids=BROKEN.keys())
def test_a_failed_delivery_raises_nothing_and_tells_no_secret(
    address: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """It comes back as what it is, and the secret is nowhere: not in the reason, not in logs, not on the screen."""
    full = address.replace("{port}", str(closed_port()))

    done = notify([NOTE], two(ada=(full,)), default="", environ={"P": SECRET})

    assert not any(one.ok for one in done)
    assert all(one.reason for one in done)
    told = repr(done) + caplog.text + "".join(capfd.readouterr())
    assert SECRET not in told


class Inbox:
    """Keeps the mail that a real SMTP server was handed."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one mail."""
        mail = BytesParser(EmailMessage, policy=default).parsebytes(envelope.content)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 kept"


@pytest.fixture
def server() -> Iterator[Controller]:
    """An SMTP server on a free port of this machine."""
    controller = Controller(Inbox(), hostname="127.0.0.1", port=closed_port())
    controller.start()
    yield controller
    controller.stop()


@pytest.mark.servers
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
def test_a_mail_arrives_with_its_whole_text(server: Controller) -> None:
    """What a mail server hands over is what was written, umlauts and checkpoint lines too."""
    address = f"mailto://127.0.0.1:{server.port}/?from=aims@example.org&to=ada@example.org&mode=insecure"

    done = notify([NOTE], two(ada=(address,)), default="", environ={})

    assert [(one.ok, one.kind, one.reason) for one in done] == [(True, "mailto", "")]
    ((to, mail),) = server.handler.mails
    assert to == ["ada@example.org"]
    assert mail["Subject"] == NOTE.subject
    assert mail.get_content().replace("\r\n", "\n").strip() == BODY.strip()
