"""A throw-away radosgw (Ceph's S3) on loopback: the second opinion beside SeaweedFS. Kept in memory, gone at the end.

It differs where an archive must be careful: it ignores If-None-Match (so only the oldest version counts), drops the
lock of an upload in parts, and takes bytes whose SHA-256 is wrong. Debian has it: see `INSTALL`.
One monitor, one OSD over memstore, one gateway; each is our child, and the kernel ends it when we end.
"""

import ctypes
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from governance.adapters.seaweed import Credentials

PROGRAMS = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool")
INSTALL = "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"
START_SECONDS = 120
PR_SET_PDEATHSIG = 1
CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}
mon initial members = a
ms mon client mode = crc
ms bind ipv6 = false
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
osd objectstore = memstore
memstore device bytes = 8G
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
log file = {folder}/run/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw enable usage log = false
rgw gc max objs = 4
rgw lc max objs = 4
"""


def missing_programs() -> list[str]:
    """What is not installed of Ceph."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class Radosgw:
    """One gateway over an empty store, with one user. A context manager; `admin` may do everything in its buckets."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._children = folder, list[subprocess.Popen[bytes]]()
        self.port = _free_port()
        self.admin = Credentials(secrets.token_hex(10), secrets.token_hex(20))

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self._configure()
            self._start_store()
            self._start_gateway()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _configure(self) -> None:
        for name in ("mon", "osd", "rgw", "run"):
            (self._folder / name).mkdir()
        self._fsid, self._mon_port = str(uuid.uuid4()), _free_port()
        told = {"fsid": self._fsid, "mon_port": self._mon_port, "folder": self._folder, "port": self.port}
        (self._folder / "ceph.conf").write_text(CONFIGURATION.format(**told))

    def _start_store(self) -> None:
        monmap, osd = str(self._folder / "monmap"), str(uuid.uuid4())
        address = f"[v2:127.0.0.1:{self._mon_port}]"
        self._run("monmaptool", "--create", "--clobber", "--fsid", self._fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap)
        self._start("ceph-mon", "-f", "-i", "a")
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")
        self._start("ceph-osd", "-f", "-i", "0")

    def _start_gateway(self) -> None:
        keys = (f"--access-key={self.admin.key}", f"--secret-key={self.admin.secret}")
        self._run("radosgw-admin", "-n", "client.admin", "user", "create", "--uid=test", "--display-name=test", *keys)
        gateway = self._start("radosgw", "-f", "-n", "client.admin")
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and gateway.poll() is None:
            with suppress(OSError), urllib.request.urlopen(self.endpoint, timeout=2):  # noqa: S310  loopback
                return
            time.sleep(0.1)
        raise RuntimeError(f"radosgw did not come up; read {self._folder}/run")

    def _command(self, program: str, arguments: Sequence[str]) -> list[str]:
        conf = [] if program == "monmaptool" else ["-c", str(self._folder / "ceph.conf")]
        return [program, *conf, *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        """Run a command of Ceph to its end; its output is in the log."""
        with (self._folder / "run/commands.log").open("ab") as log:
            subprocess.run(self._command(program, arguments), stdout=log, stderr=log, check=True, timeout=START_SECONDS)

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"run/{program}.out").open("ab") as log:
            child = subprocess.Popen(
                self._command(program, arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  the child only calls prctl
            )
        self._children.append(child)
        return child

    def _stop(self) -> None:
        """End the last started first; nothing of it is worth a polite end."""
        while self._children:
            child = self._children.pop()
            child.kill()
            child.wait()


def _end_with_parent() -> None:
    """In the child: the kernel ends it when its parent's thread ends, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
