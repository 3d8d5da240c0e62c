"""What an interval says about a limit: proven inside, proven outside, or cannot tell.

The rule is the same for every check (SageMaker's bias monitor alarms by it too: only when the interval and the
allowed range are disjoint).
"""

import math

from governance.verdict import Limit, Status

LEVEL = 0.95


def decide(low: float, high: float, limit: Limit) -> Status:
    """Alarm if the interval is wholly past the limit, pass if wholly inside, else insufficient."""
    if (limit.max is not None and low > limit.max) or (limit.min is not None and high < limit.min):
        return Status.ALARM
    if (limit.max is None or high <= limit.max) and (limit.min is None or low >= limit.min):
        return Status.PASS
    return Status.INSUFFICIENT


def distance_to(value: float, limit: Limit) -> float:
    """How far a value is from the nearest bound of its limit."""
    return min((abs(value - bound) for bound in (limit.min, limit.max) if bound is not None), default=math.inf)


def rows_needed(n: int, value: float, low: float, high: float, limit: Limit) -> int | None:
    """Rows still missing until the interval would leave the nearest bound, if the value stays as it is.

    An interval's half width falls with the square root of n. None when no number of rows that is within reason
    (a million times as many) would tell, as for a value that lies on its limit.
    """
    gap, half = distance_to(value, limit), max(high - value, value - low)
    if not gap or not math.isfinite(half) or half > 1000 * gap:
        return None
    return max(1, math.ceil(n * (half / gap) ** 2) - n)
