"""Pages in a real browser: nothing asks the network, nothing overflows a phone, Evidently's page draws."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.evidently_page import evidently_assets, evidently_report
from tests import builders
from tests.builders_reports import PAGES

pytestmark = [pytest.mark.servers, pytest.mark.long]

QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--virtual-time-budget=6000", "--user-data-dir={profile}"]
BROWSERS_OWN = re.compile(r"google|gvt1|gstatic|chromium")


class Proxy:
    """A proxy that answers nothing and remembers every host it was asked for."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server.getsockname()[1]}"

    @property
    def outside(self) -> list[str]:
        """What a page asked for; the browser's own calls home are not the page's."""
        return [line for line in self.asked if not BROWSERS_OWN.search(line)]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.asked.append(connection.recv(2000).split(b"\r\n")[0].decode("latin-1"))
                    connection.sendall(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    continue

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(10)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A listening proxy."""
    listening = Proxy()
    yield listening
    listening.close()


def look(chromium: str, page: Path, profile: Path, *flags: str) -> str:
    """The page's document after its scripts ran."""
    quiet = [flag.format(profile=profile) for flag in QUIET]
    call = [chromium, *quiet, *flags, "--dump-dom", page.as_uri()]
    return subprocess.run(call, capture_output=True, timeout=120, check=True, text=True).stdout


def through(proxy: Proxy) -> tuple[str, str]:
    """Flags that send every request through the proxy, loopback too."""
    return f"--proxy-server={proxy.address}", "--proxy-bypass-list=<-loopback>"


def test_the_proxy_sees_what_a_page_fetches(chromium: str, tmp_path: Path, proxy: Proxy) -> None:
    """A control: a page with an outside picture is caught, so silence below means something."""
    page = tmp_path / "loud.html"
    page.write_text('<img src="http://outside.example/x.png">')

    look(chromium, page, tmp_path / "profile", *through(proxy))

    assert any("outside.example" in line for line in proxy.outside)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_asks_nothing_of_the_network(name: str, chromium: str, tmp_path: Path, proxy: Proxy) -> None:
    """Each page is drawn without one request."""
    page = tmp_path / "page.html"
    page.write_bytes(PAGES[name]())

    document = look(chromium, page, tmp_path / "profile", *through(proxy))

    assert "</footer>" in document
    assert proxy.outside == []


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_fits_a_phone(name: str, chromium: str, tmp_path: Path) -> None:
    """At 360 pixels nothing is wider than the screen."""
    (tmp_path / "page.html").write_bytes(PAGES[name]())
    frame = tmp_path / "frame.html"
    frame.write_text(
        '<iframe id="f" src="page.html" style="width:360px;height:640px;border:0"></iframe><script>onload=()=>{'
        "const frame=document.getElementById('f'),page=frame.contentDocument.documentElement;"
        "document.title=(page.scrollWidth>page.clientWidth?'overflows ':'fits ')+frame.clientWidth}</script>"
    )

    document = look(chromium, frame, tmp_path / "profile", "--allow-file-access-from-files")

    assert "<title>fits 360</title>" in document


def test_evidentlys_page_draws_from_local_files_alone(chromium: str, tmp_path: Path, proxy: Proxy) -> None:
    """Its widgets appear, no request leaves, and no link leads away."""
    page = tmp_path / "system" / "window" / "evidently.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(evidently_report(builders.verdict()).html)
    for name, content in evidently_assets().items():
        (tmp_path / name).write_bytes(content)

    document = look(chromium, page, tmp_path / "profile", *through(proxy))

    assert "Drift in column 'age'" in document
    assert "js-plotly-plot" in document
    assert re.findall(r'(?:href|src)="https?://[^"]*', document) == []
    assert proxy.outside == []
