"""A warm process that runs the real monitor flow in forked children: `python -m tests.runs` reads requests from stdin.

Importing Prefect, Evidently and Great Expectations takes ten seconds; a fork takes none. A child may be told to die by
SIGKILL at its n-th write to its state folder (a file opened for writing, a link, a rename, a database opened).
One JSON object a line: {"state", "home", "system", "window", "die_at"} in, {"code", "writes", "name", "message"} out.
With "flow" and "arguments" another flow runs; with "execute" the run of that id, as a worker would do it.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

WRITES = {"os.link", "os.rename", "os.remove", "sqlite3.connect", "os.mkdir"}


def _watch(state: str, die_at: int | None, count: list[int]) -> None:
    """Count writes under the state folder, and die before the n-th."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
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
    count = [0]
    _watch(request["state"], request.get("die_at"), count)
    if "execute" in request:
        state = asyncio.run(_execute(request["execute"]))
    elif "flow" in request:
        module, name = request["flow"].split(":")
        state = asyncio.run(getattr(import_module(module), name)(**request["arguments"], return_state=True))
    else:
        from flows.monitor import monitor

        state = asyncio.run(monitor(request["system"], request["window"], return_state=True))
    told = {"name": state.name, "message": state.message, "writes": count[0], "type": state.type.value}
    result.write_text(json.dumps(told))


async def _execute(run_id: str) -> Any:
    """Run the flow run of the remediate flow that has this id; its new state."""
    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow_async
    from prefect.states import Pending

    from flows.remediate import remediate

    async with get_client() as client:
        await client.set_flow_run_state(UUID(run_id), Pending())
        run = await client.read_flow_run(UUID(run_id))
    with suppress(BaseException):
        await run_flow_async(remediate, flow_run=run, parameters=run.parameters, return_type="state")
    async with get_client() as client:
        return (await client.read_flow_run(UUID(run_id))).state


def main() -> None:
    """Serve requests until stdin ends."""
    import great_expectations  # noqa: F401

    import checks.judge  # noqa: F401
    import flows.follow_up
    import flows.monitor
    import flows.remediate
    import flows.sweep  # noqa: F401
    import reports.evidently_page

    reports.evidently_page.evidently_assets()
    print("ready", flush=True)
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
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
