"""A storm of findings stays small: one task a cause of a system, one message an owner. The real line: acceptance."""

from collections import Counter
from dataclasses import replace

from governance.cases.message import message_to
from governance.cases.plan import plan_verdict
from governance.verdict import Status
from tests.builders import END, people, result, system, verdict
from tests.governance.cases.stories import kind

REM = kind("remediation")
OWNERS = ("ada-okafor", "eve-marsh")


def test_two_hundred_columns_of_fifty_systems_are_fifty_tasks_and_a_message_an_owner() -> None:
    """Ten thousand alarms at once; each message names every task of its owner once."""
    alarms = tuple(
        result("drift", f"c{n:03d}", "distance", Status.ALARM, "It moved.", cause="drift") for n in range(200)
    )
    opened = []
    for number in range(50):
        owner, reviewer = OWNERS[number % 2], OWNERS[1 - number % 2]
        one = system(id=f"s-{number:02d}")
        one = one.model_copy(update={"people": one.people.model_copy(update={"owner": owner, "reviewer": reviewer})})
        plan = plan_verdict(
            replace(verdict(), system=one.id, results=alarms), [], system=one, people=people(), now=END, kind=REM
        )
        opened += plan.cases
    told = [
        message_to(
            owner,
            [case for case in opened if case.owner == owner],
            lambda _: REM,
            people(),
            link=lambda case: case.id,
            checkpoint="",
            now=END,
        )
        for owner in OWNERS
    ]

    assert Counter(case.owner for case in opened) == dict.fromkeys(OWNERS, 25)
    assert [(one.to, one.subject) for one in told] == [(owner, "25 cases wait for you") for owner in OWNERS]
    assert all(one.body.count("Case:") == 25 for one in told)
