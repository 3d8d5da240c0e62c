"""Great Expectations judges a summary: columns of numbers counted from the rows, never a row of the data.

Rules
1. Rules with the same limits stand in one column of the summary, so a window with fifty rules costs three or four
   expectations and not fifty. Only where a column fails are its rules asked one by one.
2. The summary's columns are named r0, r1, ...; results come back in another order than the suite and are matched by
   that name.
3. Results are asked for without observed values, and an exception's text is never read: both carry data.
4. Great Expectations skips nulls, so a rule without a value is never handed to it; the caller makes it an error.
5. Importing it costs seconds, so it is imported where it is used, with its analytics switched off.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}

Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Bound:
    """A number of the summary and what it must keep."""

    value: float
    min: float | None = None
    max: float | None = None

    @property
    def limits(self) -> Limits:
        """The least and the greatest value allowed."""
        return self.min, self.max


def judged(bounds: Sequence[Bound]) -> list[bool | None]:
    """For each bound whether it is kept; None where Great Expectations could not run the rule."""
    together: dict[Limits, list[int]] = {}
    for place, bound in enumerate(bounds):
        together.setdefault(bound.limits, []).append(place)
    groups = list(together.items())
    kept = _answers([(limits, [bounds[place].value for place in places]) for limits, places in groups])
    failed = [place for (_, places), good in zip(groups, kept, strict=True) if not good for place in places]
    single = _answers([(bounds[place].limits, [bounds[place].value]) for place in failed])
    told = dict(zip(failed, single, strict=True))
    return [told.get(place, True) for place in range(len(bounds))]


def _answers(columns: Sequence[tuple[Limits, list[float]]]) -> list[bool | None]:
    """For each column of numbers whether all of them keep the column's limits; None where the rule could not run."""
    if not columns:
        return []
    answers: dict[str, bool | None] = {}
    for result in _validate(columns).results:
        told = result.exception_info or {}
        raised = told.get("raised_exception") or any(
            isinstance(part, dict) and part.get("raised_exception") for part in told.values()
        )
        answers[result.expectation_config.kwargs["column"]] = None if raised else bool(result.success)
    return [answers.get(f"r{place}") for place in range(len(columns))]


def _validate(columns: Sequence[tuple[Limits, list[float]]]) -> Any:
    """One suite over the summary, in a context that is thrown away; shorter columns repeat their last number."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations, not ours
        import great_expectations as gx  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        for name in ("great_expectations", "great_expectations.data_context.types.base"):  # the second says INFO
            logging.getLogger(name).setLevel(logging.ERROR)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        between = gx.expectations.ExpectColumnValuesToBeBetween
        expected = [
            between(column=f"r{place}", min_value=least, max_value=most)
            for place, ((least, most), _) in enumerate(columns)
        ]
        height = max(len(numbers) for _, numbers in columns)
        summary = pd.DataFrame(
            {
                f"r{place}": [*map(float, numbers), *[float(numbers[-1])] * (height - len(numbers))]
                for place, (_, numbers) in enumerate(columns)
            }
        )
        suite = gx.ExpectationSuite("contract", expectations=expected)
        asset = context.data_sources.add_pandas("window").add_dataframe_asset("summary")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": summary})
        return batch.validate(context.suites.add(suite), result_format=_FORMAT)
