"""Work on batches, in order: by threads, which wait for a store together, or by processes, which also reckon together.

A process is forked with all that the work needs, so nothing but the numbers of a batch goes in, and its results out.
"""

import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

CAN_FORK = sys.platform == "linux"  # elsewhere a fork of a process with system libraries is not safe
THREADS, AHEAD = 8, 8
Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[int]], list[Any]]


def in_order(
    here: Callable[[], Work],
    there: Callable[[], Work],
    batches: Sequence[Sequence[int]],
    *,
    threads: int,
    processes: int,
) -> Iterator[list[Any]]:
    """The result of each batch.

    Args:
        here: makes the work that all threads do.
        there: makes it in each process, with connections of its own.
        batches: what to work on.
        threads: how many, where processes cannot be had, or died.
        processes: how many; fewer than 2 for none.
    """
    done = 0
    if processes > 1 and CAN_FORK:
        pool = ProcessPoolExecutor(processes, get_context("fork"), initializer=_begin, initargs=(there,))
        try:
            for result in _results(pool, processes, _do, batches):
                yield result
                done += 1
        except BrokenProcessPool:
            pass
    yield from _results(ThreadPoolExecutor(threads, "verify"), threads, here(), batches[done:])


def by_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """The result of each item, in order, while the next are under way: for requests that wait for a store."""
    batches = [range(at, min(at + AHEAD, len(items))) for at in range(0, len(items), AHEAD)]
    pool = ThreadPoolExecutor(THREADS, "read")
    for results in _results(pool, THREADS, lambda batch: [work(items[at]) for at in batch], batches):
        yield from results


def _results(pool: Executor, workers: int, work: Work, batches: Sequence[Sequence[int]]) -> Iterator[list[Any]]:
    """With at most twice as many batches in flight as there are workers."""
    waiting: deque[Future[list[Any]]] = deque()
    todo = iter(batches)
    with pool:
        waiting.extend(pool.submit(work, each) for each in islice(todo, 2 * workers))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work, each) for each in islice(todo, 1))
            yield done


class _Process:
    """What a forked process works with."""

    work: Work


def _begin(make: Callable[[], Work]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends the pool
    _Process.work = staticmethod(make())


def _do(batch: Sequence[int]) -> list[Any]:
    return _Process.work(batch)
