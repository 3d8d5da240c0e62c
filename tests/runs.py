"""A warm process that runs the real monitor flow in forked children: `python -m tests.runs` reads requests from stdin.

Importing Prefect, Evidently and Great Expectations takes ten seconds; a fork takes none. A child may be told to die by
SIGKILL at its n-th write to its state folder (a file opened for writing, a link, a rename, a database opened).
One JSON object a line: {"state", "home", "system", "window", "die_at"} in, {"code", "signal", "writes", "name", "message"} out.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

WRITES = {"os.link", "os.rename", "os.remove", "sqlite3.connect", "os.mkdir"}


def _watch(state: str, die_at: int | None, count: list[int]) -> None:
    """Count writes under the state folder, and die before the n-th."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if not writes or not str(path).startswith(state):
                return
        elif event not in WRITES or not str(arguments[0]).startswith(state):
            return
        count[0] += 1
        if count[0] == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _child(request: dict[str, Any], result: Path) -> None:
    """Run the flow as asked and write what came out."""
    os.environ.update(AIMS_STATE=request["state"], AIMS_HOME=request["home"], **request.get("environment", {}))
    from flows.monitor import monitor  # noqa: PLC0415

    count = [0]
    _watch(request["state"], request.get("die_at"), count)
    state = asyncio.run(monitor(request["system"], request["window"], return_state=True))
    told = {"name": state.name, "message": state.message, "writes": count[0], "type": state.type.value}
    result.write_text(json.dumps(told))


def main() -> None:
    """Serve requests until stdin ends."""
    import checks.judge  # noqa: F401, PLC0415
    import flows.monitor  # noqa: F401, PLC0415
    import reports.evidently_page  # noqa: PLC0415

    import great_expectations  # noqa: F401, PLC0415, I001

    reports.evidently_page.evidently_assets()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        request = json.loads(line)
        result = Path(request["state"] + ".result")
        result.unlink(missing_ok=True)
        if (child := os.fork()) == 0:
            code = 1
            try:
                _child(request, result)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        told = json.loads(result.read_text()) if result.exists() else {}
        told |= {"code": os.waitstatus_to_exitcode(status)}
        print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
