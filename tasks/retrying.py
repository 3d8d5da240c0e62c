"""When a task is worth trying again: only after an error that says that somebody did not answer."""

from collections.abc import Awaitable, Callable

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from governance.errors import AimsError


def after(silence: type[AimsError]) -> Callable[[Task, TaskRun, State], Awaitable[bool]]:
    """A retry condition: what was answered will not change, so only `silence` is asked again."""

    async def was_silent(_task: Task, _run: TaskRun, state: State) -> bool:
        try:
            await state.aresult()
        except silence:
            return True
        except Exception:  # noqa: BLE001 - any other failure is not retried; Prefect has recorded it
            return False
        return False

    return was_silent
