"""Small, realistic records for tests: a hiring-help system, its people, and a verdict with every status."""

from datetime import UTC, date, datetime
from typing import Any

from governance.registry.people import People, Person
from governance.registry.system import (
    AiAct,
    Columns,
    Model,
    Roles,
    Schedule,
    Source,
    System,
    WindowPlan,
)
from governance.verdict import Distribution, GroupRate, Limit, Result, Status, Verdict
from governance.window import Length

START, END = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def people() -> People:
    """Four people in four roles."""
    names = {
        "ada-okafor": "Ada Okafor",
        "ben-lind": "Ben Lind",
        "eve-marsh": "Eve Marsh",
        "femi-adeyemi": "Femi Adeyemi",
    }
    return People(people=tuple(Person(id=i, name=n, email=f"{i}@example.org") for i, n in names.items()))


def system(**changes: Any) -> System:
    """A binary classifier with one protected attribute; `changes` replace fields."""
    fields: dict[str, Any] = {
        "id": "early-help",
        "title": "Early help for job seekers",
        "purpose": "Predicts who will find work soon, so that help goes to the others. An error means no help.",
        "task": "binary",
        "model": Model(name="early-help-lgbm", version="3.2"),
        "ai_act": AiAct(
            risk_class="high", role="deployer", reason="Annex III point 5(a), access to public assistance services"
        ),
        "people": Roles(owner="ada-okafor", deputy="ben-lind", reviewer="eve-marsh", escalation=("femi-adeyemi",)),
        "predictions": Source(address="data/predictions.parquet"),
        "reference": Source(address="data/reference.parquet"),
        "columns": Columns(
            id="id",
            time="time",
            prediction="prediction",
            label="employed",
            numeric=("age",),
            categorical=("region",),
            protected=("sex",),
        ),
        "window": WindowPlan(length=Length.WEEK, zone="UTC", since=date(2026, 1, 5)),
        "schedule": Schedule(cron="0 6 * * 1"),
        "contact": "appeals@example.org",
    }
    return System(**{**fields, **changes})


def result(check: str, subject: str, metric: str, status: Status, sentence: str, **more: Any) -> Result:
    """One result; its cause is its check and subject unless given."""
    return Result(check, subject, metric, status, sentence, more.pop("cause", f"{check}:{subject}"), **more)


def results() -> tuple[Result, ...]:
    """One or two results of every check, every status but `error` among them."""
    w1 = {"metric": "Wasserstein distance (normed)", "limit": Limit(max=0.1), "n": 4210}
    fair = {"n": 412, "reference_group": "men", "method": "Newcombe 95 %"}
    return (
        result(
            "contract",
            "rows",
            "row_count",
            Status.PASS,
            "4,210 rows arrived; at least 1,000 were expected.",
            value=4210.0,
            limit=Limit(min=1000),
            n=4210,
        ),
        result(
            "labels",
            "employed",
            "mature_share",
            Status.INSUFFICIENT,
            "Only 412 of 4,210 outcomes are known yet; the rest come by 21 February 2027.",
            value=0.098,
            n=4210,
            needed=3798,
        ),
        result(
            "drift",
            "age",
            status=Status.ALARM,
            sentence="People in this window are older than in the reference, by about 4 years.",
            value=0.31,
            method="e-detector, one false alarm a model-year",
            **w1,
        ),
        result(
            "drift",
            "region",
            "Jensen-Shannon distance",
            Status.PASS,
            "The regions are as they were.",
            value=0.021,
            limit=Limit(max=0.1),
            n=4210,
        ),
        result(
            "performance",
            "employed",
            "accuracy",
            Status.PASS,
            "The model is right in 81 of 100 cases.",
            value=0.812,
            low=0.772,
            high=0.847,
            limit=Limit(min=0.75, basis="policy P-7"),
            reference=0.824,
            n=412,
        ),
        result(
            "fairness",
            "sex",
            "selection_rate_ratio",
            Status.ALARM,
            "Women are selected 71 times for every 100 times that men are.",
            value=0.71,
            low=0.64,
            high=0.78,
            limit=Limit(0.8, 1.25, basis="four-fifths rule, 29 CFR 1607.4 D"),
            group="women",
            **fair,
        ),
        result(
            "fairness",
            "sex",
            "tpr_difference",
            Status.INSUFFICIENT,
            "With 412 labels we would have seen a gap of 9 points in 8 of 10 weeks.",
            value=-0.04,
            low=-0.13,
            high=0.05,
            limit=Limit(-0.1, 0.1, "policy P-8"),
            group="women",
            needed=900,
            **fair,
        ),
        result(
            "fairness",
            "sex",
            "selection_rate_difference",
            Status.INSUFFICIENT,
            "Fewer than 10 people are in this group.",
            value=0.5,
            low=0.1,
            high=0.9,
            limit=Limit(-0.2, 0.2),
            group="(other)",
            needed=25,
            n=6,
            reference_group="men",
        ),
    )


def verdict(**changes: Any) -> Verdict:
    """A verdict with findings of every kind; `changes` replace fields."""
    fields: dict[str, Any] = {
        "system": "early-help",
        "window": "2026-W47",
        "start": START,
        "end": END,
        "revision": 0,
        "data": {"predictions": "9f" * 32, "reference": "0a" * 32},
        "rows": 4210,
        "results": results(),
        "distributions": (
            Distribution(
                "region", "categorical", ("north", "south", "(other)"), (2000, 1910, 300), (21000, 18000, 2900)
            ),
            Distribution(
                "age",
                "numeric",
                (16.0, 24.0, 31.0, 40.0, 52.0, 67.0),
                (400, 610, 800, 1100, 1300),
                (9000, 9100, 8700, 8300, 6800),
            ),
        ),
        "rates": (
            GroupRate("sex", "men", "selection_rate", 0.412, 0.391, 0.433, 2190),
            GroupRate("sex", "women", "selection_rate", 0.293, 0.273, 0.313, 2014),
            GroupRate("sex", "(other)", "selection_rate", 0.667, 0.3, 0.9, 6),
            GroupRate("sex", "men", "tpr", 0.78, 0.71, 0.84, 210),
            GroupRate("sex", "women", "tpr", 0.74, 0.66, 0.81, 198),
        ),
        "model": "early-help-lgbm 3.2",
    }
    return Verdict(**{**fields, **changes})


def unreadable_verdict() -> Verdict:
    """A verdict of a window whose file was no parquet file."""
    sentence = (
        "predictions-2026-W47.parquet: expected a parquet file, found a file that ends after 4,096 bytes. "
        "Ask whoever writes it to write it again; the next run judges the window."
    )
    failed = result("contract", "predictions", "readable", Status.ERROR, sentence)
    return verdict(results=(failed,), rows=0, data={}, distributions=(), rates=())
