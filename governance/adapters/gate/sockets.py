"""The reading websockets of Prefect's server: events and logs as they come.

The browser's first message holds a token; the gate puts the server's own in its place. A socket ends with its session.
"""

import asyncio
import json
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

PREFECT = Subprotocol("prefect")
LONGEST = 64 * 1024  # bytes of a browser's message: a filter
SPOKEN = {"auth", "filter"}


class Browser(Protocol):
    """The browser's end."""

    async def receive_text(self) -> str:
        """The next message."""

    async def send_text(self, data: str) -> None:
        """Send one."""


async def relay(browser: Browser, address: str, authentication: str, seconds: float) -> None:
    """Pass messages between a browser and a stream until either ends, or the session does.

    Args:
        browser: an accepted socket.
        address: ws://… of the stream.
        authentication: the server's authentication string.
        seconds: how long the session still lasts.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            connect(address, subprotocols=[PREFECT], proxy=None, open_timeout=10) as server,
        ):
            ways = {
                asyncio.ensure_future(_up(browser, server, authentication)),
                asyncio.ensure_future(_down(server, browser)),
            }
            _, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    except (TimeoutError, OSError, ConnectionClosed, InvalidHandshake):
        return


async def _up(browser: Browser, server: ClientConnection, authentication: str) -> None:
    """What the browser says, of two kinds only; anything else ends the socket."""
    while message := spoken(await browser.receive_text(), authentication):
        await server.send(message)


async def _down(server: ClientConnection, browser: Browser) -> None:
    async for message in server:
        await browser.send_text(message if isinstance(message, str) else message.decode())


def spoken(text: str, authentication: str) -> str:
    """The message that goes on to the server; empty for one that may not."""
    try:
        message = json.loads(text) if len(text) <= LONGEST else None
    except ValueError:
        return ""
    if not isinstance(message, dict) or message.get("type") not in SPOKEN:
        return ""
    if message["type"] == "auth":
        message["token"] = authentication
    return json.dumps(message)
