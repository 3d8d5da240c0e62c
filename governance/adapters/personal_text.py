"""Personal text of cases: encrypted on its way into the archive, opened for who may read the key, erased with it."""

from dataclasses import dataclass

from governance.adapters.case_index import CaseIndex
from governance.adapters.case_keys import CaseKeys
from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.clock import local_day
from governance.cases.kind import Kind
from governance.cases.personal import KEY_BYTES, encrypted, is_encrypted, shown
from governance.cases.rules import apply
from governance.errors import ActRefused, Fault, Place
from governance.registry.people import People


@dataclass(frozen=True)
class PersonalText:
    """The keys of the cases, and the people who may act."""

    keys: CaseKeys
    people: People

    def encrypted(self, kind: Kind, case: Case | None, act: Act) -> Act:
        """The act with its personal text encrypted; a key is made only for an act that may be done.

        Raises:
            ActRefused: it may not be done.
            KeyFault: the key cannot be written or used.
        """
        rule = kind.acts.get(act.verb)
        names = tuple(name for name in rule.personal if name in act.fields) if rule else ()
        if rule is None or not names:
            return act
        for name in names:
            if wanted := rule.fields[name].lacks(act.fields[name], local_day(act.at, "UTC")):
                place = Place(system=act.case, column=name)
                raise ActRefused(Fault(place, f"{wanted} ({rule.fields[name].label})", "another value", "Correct it."))
        apply(kind, case, encrypted(act, names, bytes(KEY_BYTES)), self.people)
        return encrypted(act, names, self.keys.of(act.case))

    def form(self, case: Case, act: Act) -> dict[str, str]:
        """The form of an act as it may be read here: personal text is opened if the case's key is here."""
        has_personal = not case.erased and any(is_encrypted(value) for value in act.fields.values())
        return shown(case, act, self.keys.find(case.id) if has_personal else None)

    def destroy_erased(self, index: CaseIndex) -> list[str]:
        """Destroy every key here whose case was erased: one that a kill or a restored backup left; the cases."""
        kept = [case for one in self.keys.cases() if (case := index.case(one))]
        return [case.id for case in kept if case.erased and self.keys.destroy(case.id)]
