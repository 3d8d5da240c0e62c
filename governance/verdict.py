"""A verdict: all judged statements of one window. Same inputs, same bytes.

Rules
1. A result's status has four values and silence is none of them (DESIGN section 3).
2. Numbers are rounded to 12 significant digits before they are hashed.
3. No row value, personal value or secret: group and category names only as `checks.names` lets them through.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

import rfc8785

FORMAT = "aims-verdict/1"
InputFault = Literal[
    "constant_column", "contradicting_rows", "id_form", "infinite_values", "inverted_predictions", "missing_part",
    "missing_values", "repeated_rows", "replayed_rows", "score_range", "sentinel_value", "swapped_columns",
    "unit_change", "unseen_values",
]  # fmt: skip
"""Metrics of the contract that have a result only while the fault is there."""
INPUT_FAULTS = frozenset(get_args(InputFault))
NO_INPUT_FAULT = "contract:window:input_faults"
"""The result that says of a window that all of them were looked for."""


class Status(StrEnum):
    """What a result says; the order of the members is the order of gravity."""

    PASS = "pass"  # noqa: S105 - proven inside the limit
    INSUFFICIENT = "insufficient"  # cannot tell; the sentence says how much data it would need
    ALARM = "alarm"  # proven outside the limit
    ERROR = "error"  # could not be computed, or the window could not be read


def worst(statuses: list[Status]) -> Status:
    """The gravest of some statuses; nothing judged is an error, never a pass."""
    return max(statuses, key=list(Status).index, default=Status.ERROR)


@dataclass(frozen=True)
class Limit:
    """What a value must keep: at least `min` and at most `max`, and by which rule or law."""

    min: float | None = None
    max: float | None = None
    basis: str = ""


@dataclass(frozen=True)
class Result:
    """One judged statement.

    Attributes:
        check: contract, labels, drift, performance or fairness.
        subject: the column, the protected attribute, or the system's task.
        metric: its standard name, such as `selection_rate_ratio` or `Wasserstein distance (normed)`.
        value: the point estimate; None where there is none.
        low, high: the interval of the value at the level the method names.
        n: rows (or rows in the smaller group) that the value rests on.
        cause: results that share it have one cause and form one case.
        sentence: what it means, for a layperson, with what it could not have seen.
        group, reference_group: the group compared, and against whom.
        reference: the same metric on the reference data.
        needed: rows still missing when the status is `insufficient`.
    """

    check: str
    subject: str
    metric: str
    status: Status
    sentence: str
    cause: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: Limit | None = None
    n: int = 0
    group: str = ""
    reference_group: str = ""
    reference: float | None = None
    method: str = ""
    needed: int | None = None

    @property
    def name(self) -> str:
        """`check:subject[=group]:metric`, the test's name in the statement."""
        subject = f"{self.subject}={self.group}" if self.group else self.subject
        return f"{self.check}:{subject}:{self.metric}"


@dataclass(frozen=True)
class Distribution:
    """Counts of one column for pictures: `marks` are n+1 rounded edges (numeric) or n labels (categorical)."""

    column: str
    kind: str
    marks: tuple[float, ...] | tuple[str, ...]
    current: tuple[int, ...]
    reference: tuple[int, ...]


@dataclass(frozen=True)
class GroupRate:
    """One group's rate (or mean error) with its interval, for pictures and the model card."""

    attribute: str
    group: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Cause:
    """What the results that share a cause have in common.

    Attributes:
        id: the `cause` of its results; it stays while the cause lasts, window after window.
        kind: data fault, covariate shift, label or prior shift, concept shift, mix change of groups, model change,
            standing gap (the reference shows it too), or not known.
        lead: the column whose move explains most of the others' (or the attribute, or the task).
        subjects: all that ring by it, the lead first.
        sentence: the kind with its measured reason, for a layperson.
    """

    id: str
    kind: str
    lead: str
    subjects: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """All results of a window. `data` maps the names of what was read to sha256 digests."""

    system: str
    window: str
    start: datetime
    end: datetime
    revision: int
    data: dict[str, str]
    rows: int
    results: tuple[Result, ...]
    distributions: tuple[Distribution, ...] = ()
    rates: tuple[GroupRate, ...] = ()
    model: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()

    @property
    def status(self) -> Status:
        """The gravest status of its results."""
        return worst([result.status for result in self.results])

    @property
    def bundle_id(self) -> str:
        """`<system>.<window>.r<revision>`: the same for each repetition of a run."""
        return f"{self.system}.{self.window}.r{self.revision}"

    def of(self, *statuses: Status) -> list[Result]:
        """The results with one of these statuses, in their order."""
        return [result for result in self.results if result.status in statuses]

    def to_json(self) -> bytes:
        """RFC 8785 canonical JSON of the whole verdict (docs/formats/verdict.md)."""
        return rfc8785.dumps({"format": FORMAT, "status": self.status.value, **_plain(asdict(self))})

    @classmethod
    def from_json(cls, text: bytes) -> "Verdict":
        """The verdict that `to_json` wrote. Raises ValueError for text that is no verdict of this format."""
        told = json.loads(text)
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            raise ValueError(f"expected a verdict of format {FORMAT}")
        told.pop("status", None)
        try:
            return _verdict(told)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a whole verdict: {error}") from None


def _verdict(told: dict[str, Any]) -> Verdict:
    """A verdict from its JSON types."""
    results = [
        Result(**{**one, "status": Status(one["status"]), "limit": Limit(**one["limit"]) if one["limit"] else None})
        for one in told.pop("results")
    ]
    distributions = [
        Distribution(one["column"], one["kind"], *(tuple(one[part]) for part in ("marks", "current", "reference")))
        for one in told.pop("distributions")
    ]
    rates = [GroupRate(**one) for one in told.pop("rates")]
    causes = [Cause(**{**one, "subjects": tuple(one["subjects"])}) for one in told.pop("causes", ())]
    start, end = (datetime.fromisoformat(told.pop(edge)) for edge in ("start", "end"))
    return Verdict(
        start=start,
        end=end,
        results=tuple(results),
        distributions=tuple(distributions),
        rates=tuple(rates),
        causes=tuple(causes),
        **told,
    )


def rounded(number: float) -> float:
    """A number at 12 significant digits."""
    return float(f"{number:.12g}")


def _plain(thing: Any) -> Any:
    """JSON types only: times as RFC 3339 in UTC, floats rounded, tuples as lists."""
    match thing:
        case dict():
            return {str(key): _plain(value) for key, value in thing.items()}
        case list() | tuple():
            return [_plain(value) for value in thing]
        case datetime():
            return thing.strftime("%Y-%m-%dT%H:%M:%SZ")
        case float():
            return rounded(thing)
        case _:
            return thing
