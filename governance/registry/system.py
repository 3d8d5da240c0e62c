"""One AI system as its registry file names it (deployments/systems/<id>.yaml). Frozen; unknown keys are errors.

ISO/IEC 42001 A.4.2 (resources), A.6.2.8 (event logs), A.3.2 (roles); EU AI Act Art. 26 (deployers), Annex III.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from governance.verdict import Limit
from governance.window import Length, Period, periods

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Model(Record):
    """The model that is in production: its name and the version that its predictions claim."""

    name: str
    version: str


class AiAct(Record):
    """Risk class and role under Regulation (EU) 2024/1689, as somebody decided it."""

    risk_class: Literal["prohibited", "high", "limited", "minimal"]
    role: Literal["provider", "deployer", "importer", "distributor"]
    reason: str = Field(min_length=10, description="why this class; the Annex III point where there is one")


class Roles(Record):
    """Who answers for the system; each is an id of people.yaml."""

    owner: Name
    deputy: Name
    reviewer: Name
    escalation: tuple[Name, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _four_eyes(self) -> "Roles":
        if self.owner in (self.deputy, self.reviewer):
            raise ValueError("the owner cannot be their own deputy or reviewer; name another person")
        return self


class Source(Record):
    """Where rows come from: a file, a folder or glob of files, s3://, postgresql:// with a query, spark://.

    `address` may hold ${NAME} for environment variables; relative paths start at the registry's folder.
    `since` and `until` (dates in the window's zone; until is exclusive) cut a reference out of a longer history.
    """

    address: str
    query: str = ""
    format: Literal["auto", "parquet", "csv"] = "auto"
    since: date | None = None
    until: date | None = None


class Labels(Record):
    """Where the truth comes from, and how many days after a window's end it may be trusted.

    Without `source` the labels stand beside the predictions. A window that was judged before then is judged again
    `back_look` days after its labels became trusted (0: at once; a later day catches corrections); () never does.
    `time` is a column of `source` that says when each label became known: then a later label corrects an earlier one,
    and what became known after the moment of judging is not used.
    """

    source: Source | None = None
    delay_days: int = Field(default=0, ge=0)
    back_look: tuple[Annotated[int, Field(ge=0)], ...] = (0,)
    time: str = ""
    time_format: str = "auto"


class Columns(Record):
    """Which column is what. `time_format`: `auto`, or a strptime pattern such as %Y; a time without a zone is local.

    `positive` is the prediction's and the label's favourable or selected value, written as in the file.
    `groups` cuts a numeric protected column: age: [25, 60] makes <25, 25-59 and 60+ (a cut opens its group).
    """

    id: str
    time: str
    time_format: str = "auto"
    prediction: str
    score: str | None = None
    label: str
    positive: str = "1"
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    groups: dict[str, tuple[float, ...]] = Field(
        default={}, description="cut points of a numeric protected column: [25, 60] makes <25, 25-59, 60+"
    )

    @property
    def features(self) -> tuple[str, ...]:
        """All inputs of the model that are watched."""
        return self.numeric + self.categorical

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column of the predictions that must be there, without the label, each once."""
        named = (self.id, self.time, self.prediction, self.score, *self.features, *self.protected)
        return tuple(dict.fromkeys(column for column in named if column))


class WindowPlan(Record):
    """How time is cut, and from which day windows are due (`until`: none are due after it)."""

    length: Length
    zone: str
    since: date
    until: date | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("expected an IANA time zone such as Europe/Vienna")
        return zone

    def due(self, now: datetime) -> list[Period]:
        """Every window that has ended by `now` (aware), oldest first."""
        last = min(now, self._midnight(self.until)) if self.until else now
        return list(periods(self._midnight(self.since), last, self.length, self.zone))

    def _midnight(self, day: date) -> datetime:
        """The start of a day in this zone."""
        return datetime.combine(day, time(), ZoneInfo(self.zone))


class Schedule(Record):
    """When runs start: five cron fields in a time zone (default: the window's). `paused` is kept on each deploy."""

    cron: str = Field(pattern=r"^\S+( \S+){4}$")
    zone: str = ""
    paused: bool = False


class ColumnRule(Record):
    """What one column must keep: a range, a closed list of values, a share of nulls."""

    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] = ()
    max_null_share: Share | None = None


class ContractPolicy(Record):
    """The data contract: least rows a window must have, greatest share of nulls, rules by column."""

    min_rows: int = Field(default=1, ge=1)
    max_null_share: Share = 0.05
    max_duplicate_share: Share = 0.0
    columns: dict[str, ColumnRule] = {}


class DriftPolicy(Record):
    """Greatest distance from the reference (Evidently's default 0.1) and the false alarms a model may ring a year.

    `smallest_shift` is the smallest lasting shift that matters, in standard deviations (of a number, or of "is in this
    category"): a shift below it never alarms, however long it lasts.
    """

    limit: float = Field(default=0.1, gt=0)
    smallest_shift: float = Field(default=0.005, ge=0)
    false_alarms_per_year: float = Field(default=1.0, gt=0)
    columns: dict[str, float] = Field(default={}, description="another limit for a column")
    ignore: tuple[str, ...] = ()


class MetricLimit(Record):
    """A limit on a metric's value, and the rule or law it comes from."""

    min: float | None = None
    max: float | None = None
    basis: str = ""

    @model_validator(mode="after")
    def _one(self) -> "MetricLimit":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self

    def limit(self) -> Limit:
        """The same as the verdict carries it."""
        return Limit(self.min, self.max, self.basis)


class PerformancePolicy(Record):
    """Limits by metric: accuracy, precision, recall, roc_auc, base_rate (binary); mae, rmse, bias (regression)."""

    metrics: dict[Literal["accuracy", "precision", "recall", "roc_auc", "mae", "rmse", "bias"], MetricLimit] = {}


class FairnessRule(Record):
    """One limit between groups: how far apart, in which direction, and by which rule or law.

    `direction`: `lower` rings only for a group below the one it is compared with, `higher` only for one above it.
    """

    limit: float = Field(gt=0)
    direction: Literal["both", "lower", "higher"] = "both"
    basis: str = ""


def _as_rule(limit: object) -> object:
    """A bare number is a limit in both directions."""
    return {"limit": limit} if isinstance(limit, int | float) and not isinstance(limit, bool) else limit


Rule = Annotated[FairnessRule, BeforeValidator(_as_rule)]
GroupRateName = Literal["selection_rate", "tpr", "fpr", "fnr", "ppv", "accuracy"]
GroupMeanName = Literal["mean_error", "mean_absolute_error", "mean_prediction"]


class FairnessPolicy(Record):
    """Limits between groups.

    `difference` bounds |group - other group|; `ratio` is the least ratio of the smaller to the greater rate
    (four-fifths rule: 29 CFR 1607.4 D). A limit is a number, or `{limit, direction, basis}`.
    A group below `min_group` rows in a rate's denominator is `insufficient`.
    """

    min_group: int = Field(default=30, ge=10)
    depth: int = Field(
        default=2,
        ge=1,
        le=4,
        description="how many attributes are crossed; 2 finds groups that either attribute alone hides, and more "
        "leaves most groups too small to judge",
    )
    compare: Literal["reference", "rest"] = Field(
        default="reference", description="each group against the reference group, or against all others"
    )
    difference: dict[GroupRateName | GroupMeanName, Rule] = {
        "selection_rate": FairnessRule(limit=0.2),
        "tpr": FairnessRule(limit=0.1),
        "fpr": FairnessRule(limit=0.1),
    }
    ratio: dict[GroupRateName, Rule] = {"selection_rate": FairnessRule(limit=0.8)}
    reference_group: dict[str, str] = Field(default={}, description="by attribute; default: the largest group")
    stratify_by: tuple[str, ...] = Field(
        default=(), description="columns within whose values the gaps are looked at again (Simpson's paradox)"
    )
    false_alarms_per_year: float = Field(default=1.0, gt=0)
    basis: str = Field(default="", description="the rule or law of limits that name none; default: explained by limit")

    @field_validator("ratio")
    @classmethod
    def _at_most_one(cls, ratio: dict[str, FairnessRule]) -> dict[str, FairnessRule]:
        if any(rule.limit > 1 for rule in ratio.values()):
            raise ValueError("a ratio is that of the smaller rate to the greater, so at most 1")
        return ratio


class Checks(Record):
    """The checks that run, with their limits.

    A check that could not judge for `insufficient_windows` windows in a row is a gap (0: never); why six, see
    compliance/lasting.py.
    """

    contract: ContractPolicy = ContractPolicy()
    drift: DriftPolicy = DriftPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    fairness: FairnessPolicy = FairnessPolicy()
    insufficient_windows: int = Field(default=6, ge=0)


class Retention(Record):
    """How long bundles are locked. AI Act Art. 19 and 26(6): logs at least six months; Art. 18: papers ten years."""

    days: int = Field(default=3650, ge=1)


class System(Record):
    """An AI system in the registry."""

    id: Name
    title: str = Field(min_length=3)
    purpose: str = Field(min_length=20, description="in plain words: what it decides, about whom, what follows")
    task: Literal["binary", "multiclass", "regression"]
    model: Model
    ai_act: AiAct
    people: Roles
    predictions: Source
    reference: Source
    labels: Labels = Labels()
    columns: Columns
    window: WindowPlan
    schedule: Schedule
    checks: Checks = Checks()
    retention: Retention = Retention()
    contact: str = Field(default="", description="where a person affected may appeal")
    not_for: str = Field(default="", description="uses that the system must not be put to, in plain words")

    @model_validator(mode="after")
    def _whole(self) -> "System":
        sources = (self.predictions, self.reference, self.labels.source)
        if any(source and re.search(r"//[^/@\s]*:[^/@\s$]+@", source.address) for source in sources):
            raise ValueError("an address must not hold a password; write ${NAME} and set it in the environment")
        missing = set(self.checks.fairness.reference_group) - set(self.columns.protected)
        if missing:
            raise ValueError(f"reference_group names {sorted(missing)}, which columns.protected does not")
        unknown = set(self.checks.fairness.stratify_by) - set(self.columns.wanted)
        if unknown:
            raise ValueError(f"stratify_by names {sorted(unknown)}, which columns does not")
        return self

    def matured(self, period: Period, as_of: datetime) -> bool:
        """Whether the labels of a period may be trusted at `as_of`."""
        return period.end + timedelta(days=self.labels.delay_days) <= as_of
