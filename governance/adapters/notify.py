"""Sends messages to people through Apprise (mail, chat, webhooks), or into a local file of JSON lines (`file:///path`).

1. Never raises: what failed comes back as a Delivery with its reason.
2. An address may hold ${NAME} for the environment. Neither addresses nor what a service answered leave this module.
3. A person without an address gets the message at the default one; when nothing works, their deputy gets it.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from governance.cases.message import Message
from governance.registry.people import People

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Delivery:
    """What became of a message: for whom, to whom it went, by which kind of address, and why not where it failed."""

    person: str
    reached: str
    kind: str
    ok: bool
    reason: str = ""


def notify(
    messages: Iterable[Message], people: People, *, default: str, environ: Mapping[str, str] | None = None
) -> list[Delivery]:
    """Send each message to its person, or to their deputy when no address of theirs works.

    Args:
        messages: one a person.
        people: who has which addresses.
        default: the address for people without one.
        environ: the environment that ${NAME} is taken from; the process's own by default.

    Returns:
        Every attempt, in order.
    """
    known = os.environ if environ is None else environ
    return [delivery for message in messages for delivery in _deliver(message, people, default, known)]


def _deliver(message: Message, people: People, default: str, environ: Mapping[str, str]) -> list[Delivery]:
    """To the person at every address of theirs, then to the deputy if none worked."""
    tried = [_send(message, message.to, address, environ) for address in _addresses(people, message.to, default)]
    if any(delivery.ok for delivery in tried) or not message.deputy or message.deputy == message.to:
        return tried
    note = f"{message.to} could not be reached, so this comes to you as their stand-in.\n\n"
    passed_on = replace(message, body=note + message.body)
    deputies = _addresses(people, message.deputy, default)
    return tried + [_send(passed_on, message.deputy, address, environ) for address in deputies]


def _addresses(people: People, person: str, default: str) -> tuple[str, ...]:
    """Where a person can be reached."""
    known = people.get(person)
    return known.notify if known and known.notify else (default,)


def _send(message: Message, reached: str, address: str, environ: Mapping[str, str]) -> Delivery:
    """One attempt at one address."""
    missing = [name for name in _VARIABLE.findall(address) if name not in environ]
    if missing:
        reason = f"the environment lacks {', '.join(missing)}"
        return Delivery(message.to, reached, _kind(address), ok=False, reason=reason)
    full = _VARIABLE.sub(lambda match: environ[match[1]], address)
    kind = _kind(full)
    reason = _append(full, message, reached) if kind == "file" else _apprise(full, message)
    return Delivery(message.to, reached, kind, ok=not reason, reason=reason)


def _kind(address: str) -> str:
    """The address's scheme, which is no secret."""
    match = re.match(r"([a-z][a-z0-9+.-]*)://", address)
    return match[1] if match else "unknown"


def _append(address: str, message: Message, reached: str) -> str:
    """Add the message to a file as one line of JSON; why it failed, or nothing."""
    line = {"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "to": reached, "subject": message.subject}
    try:
        path = Path(unquote(urlsplit(address).path))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, "body": message.body}, ensure_ascii=False) + "\n")
    except (OSError, ValueError) as error:
        return f"the file could not be written ({type(error).__name__})"
    return ""


def _apprise(address: str, message: Message) -> str:
    """Send by Apprise; why it failed, or nothing. What Apprise logs may hold the address, so it is kept in."""
    import apprise  # noqa: PLC0415 - costs half a second

    logging.getLogger("apprise").disabled = True
    try:
        post = apprise.Apprise()
        if not post.add(address):
            return "not an address that Apprise knows"
        for service in post:
            if address.startswith("mailto"):
                service.notify_format = apprise.NotifyFormat.TEXT  # its default wraps the text in HTML
        sent = post.notify(body=message.body, title=message.subject, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - a message that cannot be sent must not end a run
        return f"the service could not be used ({type(error).__name__})"
    return "" if sent else "the service did not accept it"
