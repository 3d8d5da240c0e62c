"""Headless Chromium by its DevTools protocol: enough to see, click and type as people do."""

import base64
import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--hide-scrollbars"]
FLAGS += ["--disable-component-update", "--disable-sync", "--window-size=1280,900", "--remote-debugging-port=0"]
# Without a screen a browser has no mouse, and the first UI would draw the controls that it has for telephones.
FLAGS += ["--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"]
PATIENCE = 20.0


class Chrome:
    """One tab of a browser with a profile of its own; use as a context manager."""

    def __init__(self, chromium: str, profile: Path, *flags: str) -> None:
        call = [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, "about:blank"]
        self.process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self.socket: ClientConnection = connect(
            self._address(profile), max_size=None, max_queue=None, ping_interval=None, proxy=None, close_timeout=0.5
        )
        target = self._say("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._say("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _address(self, profile: Path) -> str:
        """The browser writes its port and path beside its profile once it listens."""
        told, end = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if told.exists() and len(lines := told.read_text().split()) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(0.05)
        raise AssertionError("the browser did not start")

    def _say(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self.ids)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        self.socket.send(json.dumps(message))
        while (got := json.loads(self.socket.recv(30))).get("id") != number:
            self.events.append(got)
        assert "error" not in got, got
        told: dict[str, Any] = got["result"]
        return told

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol on the tab."""
        return self._say(method, self.session, **parameters)

    def value(self, script: str) -> Any:
        """What an expression of the page comes to; promises are waited for."""
        got = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def go(self, address: str) -> None:
        """Open an address and wait until it has loaded."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def until(self, script: str, seconds: float = PATIENCE) -> Any:
        """Wait until an expression is true; what it came to."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := self.value(script):
                    return found
            except AssertionError:
                pass  # the page is being replaced
            time.sleep(0.1)
        raise AssertionError(f"never true: {script}\n{self.value('location.href + document.body.innerText')[:1500]}")

    def until_text(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until the page shows a text."""
        self.until(f"document.body && document.body.innerText.includes({json.dumps(text)})", seconds)

    def press(self, element: str) -> None:
        """Click in the middle of the element that an expression gives."""
        self.until(f"!!({element})")
        where = self.value(
            f"(()=>{{const e={element};e.scrollIntoView({{block:'center'}});const r=e.getBoundingClientRect();"
            "return [r.x+r.width/2,r.y+r.height/2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], button="left", clickCount=1)

    def press_text(self, text: str, selector: str = "button") -> None:
        """Click the visible element of this kind with exactly this text."""
        self.press(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find(e=>e.innerText.trim()==={json.dumps(text)}&&e.offsetParent)"
        )

    def fill(self, element: str, text: str) -> None:
        """Put a text in place of what a field holds."""
        self.press(element)
        self.value(f"({element}).select()")
        self.call("Input.insertText", text=text)

    def keys(self, text: str) -> None:
        """Press the keys of a text, where the focus is."""
        for key in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def asked(self) -> list[str]:
        """Every address that pages asked for so far, also those that were stopped."""
        self.value("1")
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent]

    def refused_by_policy(self) -> list[str]:
        """What the console says that the content security policy stopped."""
        self.value("1")
        logged = [event["params"]["entry"]["text"] for event in self.events if event.get("method") == "Log.entryAdded"]
        return [text for text in logged if "Content Security Policy" in text]

    def picture(self, name: str) -> None:
        """A picture of what is seen, into the folder that AIMS_SHOTS names; none without it."""
        if folder := os.environ.get("AIMS_SHOTS"):
            self.call("Page.bringToFront")
            Path(folder).mkdir(parents=True, exist_ok=True)
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def __enter__(self) -> "Chrome":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)


@contextmanager
def chrome(chromium: str, profile: Path, *flags: str) -> Iterator[Chrome]:
    """A browser that is gone afterwards."""
    with Chrome(chromium, profile, *flags) as browser:
        yield browser
