"""Great Expectations judges a summary: one row, one column a rule, no row of the data.

Rules
1. The summary's columns are named r0, r1, ...; results come back in another order than the suite and are matched by
   that name.
2. Results are asked for without observed values, and an exception's text is never read: both carry data.
3. Great Expectations skips nulls, so a rule without a value is never handed to it; the caller makes it an error.
4. Importing it costs seconds, so it is imported where it is used, with its analytics switched off.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}


@dataclass(frozen=True)
class Bound:
    """A number of the summary and what it must keep."""

    value: float
    min: float | None = None
    max: float | None = None


def judged(bounds: Sequence[Bound]) -> list[bool | None]:
    """For each bound whether it is kept; None where Great Expectations could not run the rule."""
    if not bounds:
        return []
    answers: dict[str, bool | None] = {}
    for result in _validate(bounds).results:
        told = result.exception_info or {}
        raised = told.get("raised_exception") or any(
            isinstance(part, dict) and part.get("raised_exception") for part in told.values()
        )
        answers[result.expectation_config.kwargs["column"]] = None if raised else bool(result.success)
    return [answers.get(f"r{place}") for place in range(len(bounds))]


def _validate(bounds: Sequence[Bound]) -> Any:
    """One suite over the one-row summary, in a context that is thrown away."""
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
        suite = gx.ExpectationSuite(
            "contract",
            expectations=[
                between(column=f"r{place}", min_value=bound.min, max_value=bound.max)
                for place, bound in enumerate(bounds)
            ],
        )
        summary = pd.DataFrame({f"r{place}": [float(bound.value)] for place, bound in enumerate(bounds)})
        asset = context.data_sources.add_pandas("window").add_dataframe_asset("summary")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": summary})
        return batch.validate(context.suites.add(suite), result_format=_FORMAT)
