"""What sorting a numeric column once shows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from checks.distances import Sorted


@dataclass(frozen=True)
class Ordered:
    """A numeric column.

    Attributes:
        n, nulls, unknown, infinite: rows that are finite, null, not a number, infinite; together all rows.
        sample: rows at even distances, as `evenly` gives them.
        values: gives the finite values in rising order.
        held: how many of them are held in memory.
    """

    n: int
    nulls: int
    unknown: int
    infinite: int
    sample: Sorted
    values: Callable[[], Sorted]
    held: int

    def below(self, bound: float) -> int:
        """Finite values less than a bound."""
        return int(np.searchsorted(self.values(), np.float64(bound), "left"))

    def upto(self, bound: float) -> int:
        """Finite values less than a bound, or equal to it."""
        return int(np.searchsorted(self.values(), np.float64(bound), "right"))
