"""Runs one command and stops it when standard input closes: so a server ends with whoever started it.

Started as a script (`python -I seaweed_guard.py COMMAND…`); it imports nothing of ours.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 15


def guard(command: list[str]) -> int:
    """Run the command until it ends or standard input closes; its exit code."""
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_guard() -> None:
        """In the child: the kernel ends it when this process ends, even by SIGKILL."""
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        close_fds=False,  # it keeps the folder's lock
        preexec_fn=die_with_guard,  # noqa: PLW1509  there is one thread
    )
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        readable, _, _ = select.select([0], [], [], 0.2)
        if readable and not os.read(0, 1024):
            break
    return _end(child)


def _end(child: subprocess.Popen[bytes]) -> int:
    child.terminate()
    try:
        return child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
