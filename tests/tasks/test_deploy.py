"""Which deployments a registry wants: one a system, or one sweep a cadence for a great fleet."""

from governance.registry.registry import Registry
from governance.registry.system import Schedule
from tasks.deploy import MOST, SHARD, wanted_deployments
from tests.builders import people, system


def fleet(count: int, **schedule: bool) -> Registry:
    """Systems of two cadences."""
    crons = ("0 6 * * 1", "0 7 * * *")
    systems = {
        f"s-{number:04d}": system(id=f"s-{number:04d}", schedule=Schedule(cron=crons[number % 2], **schedule))
        for number in range(count)
    }
    return Registry(systems, people(), {name: f"id: {name}\n" for name in systems})


def test_up_to_a_hundred_systems_have_a_deployment_each() -> None:
    """So that people find each by its name."""
    made = wanted_deployments(fleet(MOST))

    assert len(made) == MOST
    assert made[0].parameters == {"system_id": "s-0000"}


def test_a_greater_fleet_is_swept_once_a_cadence() -> None:
    """Every system is in one sweep."""
    made = wanted_deployments(fleet(MOST + 1))

    assert sorted({one.cron for one in made}) == ["0 6 * * 1", "0 7 * * *"]
    assert len(made) == 2
    assert sorted(name for one in made for name in one.parameters["systems"]) == sorted(fleet(MOST + 1).systems)


def test_a_sweep_holds_at_most_a_shard() -> None:
    """One process does not become a night's work."""
    made = wanted_deployments(fleet(2 * SHARD + 2))

    assert sorted(len(one.parameters["systems"]) for one in made) == [1, 1, SHARD, SHARD]
    assert len({one.name for one in made}) == 4


def test_a_paused_system_is_not_swept() -> None:
    """`paused` is kept on each deploy."""
    assert wanted_deployments(fleet(MOST + 1, paused=True)) == []


def test_the_digest_changes_with_the_registry_and_not_by_itself() -> None:
    """An unchanged deployment is not applied again."""
    one, other = fleet(MOST + 1), fleet(MOST + 1)
    changed = Registry(one.systems, one.people, {**one.texts, "s-0000": "id: s-0000\ntitle: x\n"})

    assert [each.digest for each in wanted_deployments(one)] == [each.digest for each in wanted_deployments(other)]
    assert (
        sum(a.digest != b.digest for a, b in zip(wanted_deployments(one), wanted_deployments(changed), strict=True))
        == 1
    )
