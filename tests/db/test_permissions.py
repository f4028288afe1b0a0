"""Who may do what, on the shipped definitions: everything a person does has somebody who may, and nobody outside is taken for staff."""

from __future__ import annotations

from datetime import date

import pytest

from db.permissions import LEADERS, STAFF, in_words, link_role_for_step, role_in_which, roles_for, roles_for_event, roles_for_step
from rules.definition import Definition
from rules.history import Event
from rules.loader import load_library

ON = date(2026, 11, 24)
LIBRARY = load_library()
DEFINITIONS = [definition for versions in LIBRARY.definitions.values() for definition in versions]
IDS = [definition.process for definition in DEFINITIONS]


def instances(definition: Definition) -> list[tuple[str, str]]:
    """Every step with each party it may be for."""
    found = []
    for step in definition.steps.values():
        fact = definition.facts.get(step.each_of_fact)
        parties = definition.parties.get(step.each) or (fact.words if fact else ())
        found += [(step.name, party) for party in parties] if step.each or step.each_of_fact else [(step.name, "")]
    return found


@pytest.mark.parametrize("definition", DEFINITIONS, ids=IDS)
def test_every_persons_step_may_be_recorded_by_somebody_on_the_staff(definition: Definition) -> None:
    for step, party in instances(definition):
        allowed = roles_for_step(definition, step, party)
        if definition.steps[step].by:
            assert allowed, f"nobody may record {step} {party}"
            assert set(allowed) <= set(STAFF), f"{step} {party}: {allowed}"
        else:
            assert allowed == (), f"{step} is software's, yet {allowed} may record it"


@pytest.mark.parametrize("definition", DEFINITIONS, ids=IDS)
def test_only_steps_of_people_without_an_inbox_have_links(definition: Definition) -> None:
    for step, party in instances(definition):
        role = link_role_for_step(definition, step, party)
        owner = definition.role_of(definition.steps[step], party)
        assert bool(role) == (owner is not None and owner.reached_by == "link")
        if definition.steps[step].approval:
            assert not role, f"{step}: an approval is never given by link"


@pytest.mark.parametrize("definition", DEFINITIONS, ids=IDS)
def test_every_exception_and_interrupt_has_somebody_on_the_staff(definition: Definition) -> None:
    for name in definition.exceptions:
        assert set(roles_for_event(definition, Event("except", ON, name=name))) <= set(STAFF) and roles_for_event(
            definition, Event("except", ON, name=name)
        )
    for name in definition.interrupts:
        assert set(roles_for_event(definition, Event("interrupt", ON, name=name))) <= set(STAFF)
        assert roles_for_event(definition, Event("interrupt", ON, name=name))
    assert roles_for_event(definition, Event("open", ON)) == roles_for("open_case") == LEADERS
    assert roles_for_event(definition, Event("correct", ON)) == roles_for("correct_fact")


def test_every_staff_role_is_a_role_of_the_register() -> None:
    assert set(STAFF) <= set(LIBRARY.registers.roles)
    assert {name for name, role in LIBRARY.registers.roles.items() if role.reached_by == "inbox" and name != "school"} == set(STAFF)


@pytest.mark.parametrize(
    ("held", "allowed", "narrowed", "role"),
    [({"senco", "headteacher"}, ("headteacher", "senco"), "", "headteacher"), ({"senco", "headteacher"}, ("headteacher", "senco"), "senco", "senco"),
     ({"teacher"}, ("headteacher", "senco"), "", None), ({"senco"}, ("senco",), "headteacher", None),
     (set(), ("senco",), "", None), ({"senco"}, (), "", None)],
)  # fmt: skip
def test_the_role_in_which_somebody_acts(held: set[str], allowed: tuple[str, ...], narrowed: str, role: str | None) -> None:
    assert role_in_which(held, allowed, narrowed) == role


def test_words_for_who_may() -> None:
    definition = DEFINITIONS[0]
    assert in_words(definition, ("senco",)) == "the SENCO"
    assert in_words(definition, ("senco", "headteacher")) == "the SENCO or the headteacher"
    assert in_words(definition, ("senco", "headteacher", "la")) == "the SENCO, the headteacher or the local authority"
    assert in_words(definition, ()) == "nobody"


def test_an_unknown_step_is_an_error_not_a_permission() -> None:
    with pytest.raises(KeyError):
        roles_for_step(DEFINITIONS[0], "invent_a_step")
