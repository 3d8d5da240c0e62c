"""Judge one window: contract, labels, drift, performance, fairness, in this order.

Rules (DESIGN: judging a window)
1. Same inputs, same bytes: nothing is read but the window's own files, and nothing random is unseeded.
2. The contract runs first; what it refuses is not judged further.
3. What cannot be read or judged is a result, never silence: `error` or `insufficient`.
4. No row value, personal value or secret enters a result (checks/names.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checks import cause, contract, drift, estimate, fairness, fairness_follow, faults, labels, performance
from checks.cause import Named
from checks.contract import Examined
from checks.counted import Counted
from checks.faults_profile import named_columns, numeric_columns
from checks.sequential import handed_on
from governance.registry.system import System
from governance.verdict import Distribution, GroupRate, Result, Status, Verdict
from governance.window import Window


def judge(
    system: System,
    window: Window,
    history: Mapping[str, Any] | None = None,
    *,
    revision: int = 0,
) -> Verdict:
    """All results of one window.

    Args:
        system: the registry's entry: columns, limits.
        window: what was read; `current` or `reference` may be missing, `faults` then says why.
        history: `Verdict.state` of the window before, or None; a window that is not judged hands it on.
        revision: 0 at first, one more each time the window is judged again (labels that matured).
    """
    results = [_unreadable(str(fault)) for fault in window.faults]
    same = handed_on(history) | fairness_follow.handed_on(history) | cause.handed_on(history)
    if window.current is None:
        results = results or [_unreadable("The window could not be read.")]
        return _verdict(system, window, revision, cause.examine(system, window, results), state=same)
    compared = (numeric_columns(system), named_columns(system)) if window.reference else ()
    file = Counted(window.current.path, *compared)
    examined = contract.examine(system, file, window.period)
    results.extend(examined.results)
    if not examined.fit:
        return _verdict(system, window, revision, cause.examine(system, window, results), state=same)
    beside = faults.examine(system, window, file)
    results.extend(beside.results)
    examined = replace(examined, refused=beside.refused | examined.refused)
    known = labels.examine(system, window, file)
    further, drawn, rates, state = _judged(system, window, file, examined, waiting=known.waiting, history=history)
    guessed = estimate.examine(system, window, examined.refused, file) if known.waiting else ()
    results.extend([*known.results, *further, *guessed])
    named = cause.examine(system, window, results, waiting=known.waiting, history=history, file=file)
    return _verdict(
        system, window, revision, named, distributions=drawn, rates=rates, state={**same, **state, **named.state}
    )


def _judged(
    system: System,
    window: Window,
    file: Counted,
    examined: Examined,
    *,
    waiting: str,
    history: Mapping[str, Any] | None,
) -> tuple[list[Result], tuple[Distribution, ...], tuple[GroupRate, ...], dict[str, Any]]:
    """The checks behind the contract and the labels."""
    moved, distributions, state = _drift(system, window, file, examined, history)
    measured = performance.examine(system, file, window.reference, examined.refused, waiting)
    fair, rates, followed = fairness.examine_after(
        system,
        file,
        window.reference,
        examined.refused,
        waiting,
        period=window.period,
        history=history,
    )
    return [*moved, *measured, *fair], distributions, rates, state | followed


def _drift(
    system: System, window: Window, file: Counted, examined: Examined, history: Mapping[str, Any] | None
) -> tuple[tuple[Result, ...], tuple[Distribution, ...], dict[str, Any]]:
    if window.reference is None:
        return tuple(drift.unjudged(system, "the reference could not be read")), (), handed_on(history)
    return drift.examine_after(system, file, window.reference, examined.refused, period=window.period, history=history)


def _unreadable(sentence: str) -> Result:
    """A fault of reading as a result; its text names places, never contents."""
    return Result("contract", "window", "readable", Status.ERROR, sentence, contract.CAUSE)


def _data(window: Window) -> dict[str, str]:
    """What was read, by name and sha256: `window.parquet` and each input as `window/<address>`; so too `reference`."""
    data: dict[str, str] = {}
    for role, table in (("window", window.current), ("reference", window.reference)):
        if table:
            data[f"{role}.parquet"] = table.sha256
            data |= {f"{role}/{one.name}": one.sha256 for one in table.inputs}
    return data


def _verdict(
    system: System,
    window: Window,
    revision: int,
    named: Named,
    *,
    distributions: tuple[Distribution, ...] = (),
    rates: tuple[GroupRate, ...] = (),
    state: dict[str, Any] | None = None,
) -> Verdict:
    return Verdict(
        system.id,
        window.period.name,
        window.period.start,
        window.period.end,
        revision,
        _data(window),
        window.current.rows if window.current else 0,
        named.results,
        distributions,
        rates,
        f"{system.model.name} {system.model.version}",
        state or {},
        named.causes,
    )
