"""One-time codes in the state folder: sent to one person alone, taken once."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.codes import redeemed, send_code
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.cases.kind_parts import Strength
from governance.errors import ActRefused, ConfigurationError
from governance.registry.people import People, Person
from governance.registry.registry import Registry
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, kind, opened, tell

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CASE = tell(kind("gap"), opened(kind("gap"), "system"))


@pytest.fixture
def here(tmp_path: Path) -> Workplace:
    """A workplace where Ada alone has an address of her own."""
    default = (tmp_path / "all.jsonl").as_uri()
    place = Workplace(Settings(tmp_path, tmp_path, tmp_path.as_uri(), tmp_path, "example.org/aims", "", default))
    ada = Person(id=ADA, name="Ada Okafor", email="ada@example.org", notify=((tmp_path / "ada.jsonl").as_uri(),))
    others = tuple(one for one in people().people if one.id != ADA)
    place.__dict__["registry"] = Registry({"early-help": system()}, People(people=(ada, *others)))
    return place


def sent(here: Workplace) -> str:
    """The code in Ada's newest message."""
    body = json.loads((here.settings.state / "ada.jsonl").read_text().splitlines()[-1])["body"]
    found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", body)
    assert found
    return found[0]


def test_a_code_is_taken_once(here: Workplace) -> None:
    """The second use is refused."""
    send_code(here, CASE, ADA, NOW)
    code = sent(here)
    with redeemed(here, CASE.id, ADA, code, NOW) as strength:
        first = strength

    assert first is Strength.CODE
    with pytest.raises(ActRefused, match="the code that was last sent"), redeemed(here, CASE.id, ADA, code, NOW):
        pass


def test_without_a_code_the_act_is_one_of_a_session(here: Workplace) -> None:
    """Nothing is asked, nothing is claimed."""
    with redeemed(here, CASE.id, ADA, "  ", NOW) as strength:
        assert strength is Strength.SESSION


def test_a_refused_act_gives_the_code_back(here: Workplace) -> None:
    """A forgotten field does not cost a new code."""
    send_code(here, CASE, ADA, NOW)
    with pytest.raises(ActRefused), redeemed(here, CASE.id, ADA, sent(here), NOW):
        raise ActRefused

    with redeemed(here, CASE.id, ADA, sent(here), NOW) as strength:
        assert strength is Strength.CODE


def test_five_wrong_tries_use_it_up(here: Workplace) -> None:
    """Guessing ends before it begins."""
    send_code(here, CASE, ADA, NOW)
    for _ in range(5):
        with pytest.raises(ActRefused), redeemed(here, CASE.id, ADA, "AAAA-AAAA", NOW):
            pass

    with pytest.raises(ActRefused), redeemed(here, CASE.id, ADA, sent(here), NOW):
        pass


@pytest.mark.parametrize(("by", "minutes"), [(BEN, 0), (ADA, 15)], ids=["another person", "too late"])
def test_a_code_of_another_or_too_late_is_refused(here: Workplace, by: str, minutes: int) -> None:
    """It is theirs, for a quarter of an hour."""
    send_code(here, CASE, ADA, NOW)

    with pytest.raises(ActRefused), redeemed(here, CASE.id, by, sent(here), NOW + timedelta(minutes=minutes)):
        pass


def test_nobody_without_an_address_of_their_own_is_sent_one(here: Workplace) -> None:
    """The default address is read by others: it would prove nothing."""
    with pytest.raises(ConfigurationError, match="an address of their own"):
        send_code(here, CASE, BEN, NOW)


def test_the_folder_is_closed_to_others_and_holds_no_code(here: Workplace) -> None:
    """Only a salted hash is kept, for this account alone."""
    send_code(here, CASE, ADA, NOW)
    [kept] = (here.settings.state / "codes").iterdir()

    assert kept.parent.stat().st_mode & 0o077 == 0
    assert kept.stat().st_mode & 0o077 == 0
    assert sent(here).replace("-", "") not in kept.read_text()
