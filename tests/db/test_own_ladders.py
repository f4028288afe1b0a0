"""Own ladders: which one holds where, for which steps, and that each rung fires once whichever ladder it stands in (issue 6, point 1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest

from db.absences import NewAbsence, say_away, take_back
from db.chase import sweep_all
from db.engine import Engines
from db.importing.write_plans import keep_authorities
from db.ledger import Act, NotAllowed
from db.mailings import lay_aside
from db.models import Authority, Membership, Person
from db.queries.ladders import chased_otherwise, own_ladders
from db.setting_ladders import Scope, set_ladder, unset_ladder
from rules.definition import Ladder, Rung
from rules.history import Event
from tests.db.importing.small_files import imports
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.test_outbox import spread_all

SHIPPED = Rung("1 week before", "owner", "reminder", "reminder")
LATE = Rung("1 day after", "headteacher", "late", "overdue")
EARLY = Rung("2 weeks before", "senco", "reminder", "la_question")
LOUD = Rung("3 days after", "senco", "breach", "escalation")
OWN = Ladder("la_duty", (EARLY, SHIPPED, LATE, LOUD))


class Lead:
    """The trust's SEND lead at the village's school."""

    def __init__(self, at: Village) -> None:
        self.at = at
        with at.engines.scheduler() as session:
            person = Person(kind="staff", given_name="Lead", family_name="Ash", email="", school_ids=[at.school_id])
            session.add(person)
            session.flush()
            session.add(Membership(person_id=person.id, school_id=at.school_id, role="trust_send_lead"))
            self.id = person.id

    def sets(self, ladder: Ladder = OWN, scope: Scope | None = None) -> int:
        where = Scope(self.at.school_id) if scope is None else scope
        return set_ladder(self.at.ledger.parts, self.id, frozenset({self.at.school_id}), where, ladder, "rungs: …", "we start earlier")

    def unsets(self, scope: Scope | None = None, name: str = "la_duty") -> bool:
        where = Scope(self.at.school_id) if scope is None else scope
        return unset_ladder(self.at.ledger.parts, self.id, frozenset({self.at.school_id}), where, name, "as shipped again")


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900006")


@pytest.fixture(scope="module")
def the_lead(ash: Village) -> Lead:
    return Lead(ash)


@pytest.fixture
def lead(ash: Village, the_lead: Lead) -> Iterator[Lead]:
    yield the_lead
    for scope in (Scope(ash.school_id), Scope(authority_id=ash.authority_id), Scope()):
        the_lead.unsets(scope)


def decision(ash: Village, case: str) -> tuple[list[int], int | None]:
    """How many days after its date each rung of the council's decision comes, and by which own ladder."""
    row = ash.open_rows(case)["la_decision"]
    return [(one - row.due_on).days for one in row.chase_on], row.ladder_id


def fired(ash: Village, case: str, today: date) -> list[tuple[str, str, str]]:
    """Sweep; then every ladder message of the decision so far, in order: template, role, state."""
    sweep_all(ash.engines, today)
    spread_all(ash)
    query = (
        "SELECT template, to_role, state FROM deliveries d JOIN cases c ON c.id = d.case_id "
        "WHERE ref = %s AND step = 'la_decision' AND rung IS NOT NULL ORDER BY d.id"
    )
    return [(row.template.removeprefix("ladders/"), row.to_role, row.state) for row in ash.rows(query, case)]


def test_it_holds_for_steps_that_open_or_are_redated_from_then_on(ash: Village, lead: Lead) -> None:
    before = ash.meeting_agreed()
    number = lead.sets()
    assert decision(ash, before) == ([-7, 1], None) and decision(ash, ash.meeting_agreed()) == ([-14, -7, 1, 3], number)
    ash.decide(before, "offer_advocate", "2026-10-01")
    assert decision(ash, before) == ([-7, 1], None), "an act that does not touch the step leaves it"
    moved = Event("correct", day("2026-10-01"), facts={"meeting_on": day("2026-11-12")})
    ash.ledger.apply_many(ash.senco, [Act(uuid4(), before, moved)])
    assert decision(ash, before) == ([-14, -7, 1, 3], number) and ash.ledger.verify() == []
    assert lead.unsets() and not lead.unsets()
    assert decision(ash, before)[1] == number and ash.ledger.verify() == [], "what has ended is still known to the steps it chases"
    ash.ledger.correct(ash.senco, key=uuid4(), case=before, fact="meeting_on", value=day("2026-11-19"), because="x", on=day("2026-10-02"))
    assert decision(ash, before) == ([-7, 1], None)


def test_the_school_comes_before_the_authority_before_the_trust(ash: Village, lead: Lead) -> None:
    numbers = [lead.sets(OWN, scope) for scope in (Scope(), Scope(authority_id=ash.authority_id), Scope(ash.school_id))]
    elsewhere = village(ash.engines, "900007")
    assert decision(elsewhere, elsewhere.meeting_agreed())[1] == numbers[0], "of another council: the trust's"
    found = [decision(ash, ash.meeting_agreed())[1]]
    for scope in (Scope(ash.school_id), Scope(authority_id=ash.authority_id), Scope()):
        assert lead.unsets(scope)
        found.append(decision(ash, ash.meeting_agreed())[1])
    assert found == [numbers[2], numbers[1], numbers[0], None]


def test_a_plan_that_becomes_another_authoritys_is_chased_by_that_ones_ladder_from_the_next_morning(ash: Village, lead: Lead) -> None:
    there = village(ash.engines, "900009").authority_id
    here, elsewhere = (lead.sets(OWN, Scope(authority_id=authority)) for authority in (ash.authority_id, there))
    try:
        pupil, other = ash.pupil(), ash.meeting_agreed()
        case = ash.open(pupil_id=pupil).case
        ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
        assert decision(ash, case)[1] == here
        version = ash.ledger.position(case)[2]
        with ash.engines.scheduler() as session:
            keep_authorities(session, [{"pupil_id": pupil, "authority_id": there}], TODAY)
        ash.decide(case, "offer_advocate", "2026-10-01")
        assert decision(ash, case)[1] == elsewhere, "an act does not wait for the morning"
        with ash.engines.scheduler() as session:
            keep_authorities(session, [{"pupil_id": pupil, "authority_id": ash.authority_id}], TODAY)
        assert case in ash.ledger.recount_dates() and decision(ash, case)[1] == decision(ash, other)[1] == here
        assert ash.ledger.position(case)[2] == version + 1, "nothing has happened in the case"
        assert ash.ledger.recount_dates() == [] and ash.ledger.verify() == []
    finally:
        lead.unsets(Scope(authority_id=there))


def test_each_rung_fires_once_though_the_ladder_changes_in_between(ash: Village, lead: Lead) -> None:
    case = ash.meeting_agreed()
    due_on = ash.open_rows(case)["la_decision"].due_on
    assert fired(ash, case, due_on - timedelta(days=6)) == [("reminder", "la", "held")]
    lead.sets()
    ash.ledger.rebuild_rows(case)
    was_told = [("reminder", "la", "held"), ("la_question", "senco", "held")]
    assert fired(ash, case, due_on - timedelta(days=6)) == was_told, "the council is not reminded twice; the SENCO's own rung is past, and fires"
    with ash.engines.scheduler() as session:
        lay_aside(session)
    held = "SELECT to_role, rung FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND step = 'la_decision' AND state = 'held'"
    assert {tuple(row) for row in ash.rows(held, case)} == {("la", 2), ("senco", 1)}, (
        "and the council's, unsent when the ladder changed, is not laid aside"
    )
    late = fired(ash, case, due_on + timedelta(days=3))[2:]
    assert late == [("overdue", "headteacher", "held"), ("escalation", "senco", "held")]
    lead.unsets()
    ash.ledger.rebuild_rows(case)
    assert fired(ash, case, due_on + timedelta(days=9))[4:] == [], "the shipped rungs have all been fired"
    assert ash.ledger.verify(case) == []


def test_a_rung_to_the_owner_and_the_same_to_their_role_is_one_message(ash: Village, lead: Lead) -> None:
    """A head who wants the SENCO reminded of whatever the school owes; where the SENCO owes it, they hear of it once, and not never."""
    to_senco = Rung(SHIPPED.when, "senco", SHIPPED.severity, SHIPPED.template)
    lead.sets(Ladder("school_duty", (SHIPPED, to_senco, LATE)))
    try:
        case = ash.meeting_agreed()
        sweep_all(ash.engines, ash.open_rows(case)["circulate_advice"].due_on - timedelta(days=6))
        spread_all(ash)
        sent = "SELECT state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND step = 'circulate_advice' AND to_role = 'senco'"
        assert [row.state for row in ash.rows(sent, case)] == ["held"]
    finally:
        lead.unsets(name="school_duty")


def test_a_ladder_with_other_readers_on_the_same_days_tells_them_of_what_is_late_already(ash: Village, lead: Lead) -> None:
    case = ash.meeting_agreed()
    due_on = ash.open_rows(case)["la_decision"].due_on
    assert ("overdue", "headteacher", "held") in fired(ash, case, due_on + timedelta(days=2))
    before = len(fired(ash, case, due_on + timedelta(days=2)))
    to_senco = Rung(LATE.when, "senco", LATE.severity, LATE.template)
    lead.sets(Ladder("la_duty", (SHIPPED, to_senco)))
    ash.ledger.rebuild_rows(case)
    assert fired(ash, case, due_on + timedelta(days=2))[before:] == [("overdue", "senco", "held")], "it is past, and new"
    lead.unsets()
    ash.ledger.rebuild_rows(case)
    assert len(fired(ash, case, due_on + timedelta(days=2))) == before + 1, "and nothing twice when the shipped one is back"
    assert ash.ledger.verify(case) == []


def test_an_act_on_a_case_as_it_was_kept_sees_the_ladder_that_was_set(ash: Village, lead: Lead) -> None:
    case = ash.open().case
    number = lead.sets()
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    assert decision(ash, case)[1] == number
    again = lead.sets(Ladder("la_duty", (LATE,)))
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-12"), because="x", on=day("2026-10-01"))
    assert decision(ash, case) == ([1], again)


def test_a_plan_that_moves_takes_its_cases_to_the_new_las_ladder(ash: Village, lead: Lead) -> None:
    with ash.engines.scheduler() as session:
        other = Authority(code="002", name="Newshire", sen_email="sen@newshire.example")
        session.add(other)
        session.flush()
        scope = Scope(authority_id=other.id)
    number = lead.sets(OWN, scope)
    kept, running, stays = ash.meeting_agreed(), ash.meeting_agreed(), ash.meeting_agreed()
    for adno, case in (("M1", kept), ("M2", running)):
        ash.rows("UPDATE pupils SET mis_id = %s WHERE id = (SELECT pupil_id FROM cases WHERE ref = %s) RETURNING id", adno, case)
    imports(ash, plans="URN,Adno,LA code,Plan date\n900006,M1,002,2024-01-08\n900006,M2,002,2024-01-08\n")
    ash.ledger.correct(ash.senco, key=uuid4(), case=kept, fact="meeting_on", value=day("2026-11-12"), because="x", on=day("2026-10-01"))
    assert decision(ash, kept)[1] == number, "by an act on a case as it was kept"
    assert set(ash.ledger.recount_dates()) == {running}
    assert decision(ash, running) == ([-14, -7, 1, 3], number) and decision(ash, stays)[1] is None
    assert ash.ledger.verify() == [] and ash.ledger.recount_dates() == []
    lead.unsets(scope)


def test_who_set_and_unset_it_when_and_why_is_kept(ash: Village, lead: Lead) -> None:
    first, second = lead.sets(), lead.sets(Ladder("la_duty", (LATE,)))
    lead.unsets()
    with ash.engines.app([ash.school_id]) as session:
        assert [one for one in own_ladders(session) if one.scope == "school"] == []
        kept = {one.number: one for one in own_ladders(session, ended=True, ladder="la_duty")}
    assert (kept[first].set_by, kept[first].because, kept[first].removed_because) == ("Lead Ash", "we start earlier", "we start earlier")
    assert (kept[second].removed_by, kept[second].removed_because, kept[second].rungs) == (
        "Lead Ash",
        "as shipped again",
        (("1 day after", "headteacher", "late", "overdue"),),
    )
    with ash.engines.act_connection("sendflow_writer") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE ladder_overrides SET rungs = '[]' WHERE id = %s", (first,))


def test_which_open_steps_it_would_change_is_known_before(ash: Village, lead: Lead) -> None:
    case = ash.meeting_agreed()
    with ash.engines.app([ash.school_id]) as session:
        found = {(one.case, one.step): one for one in chased_otherwise(session, [ash.school_id], Scope(ash.school_id), "la_duty", OWN)}
        assert chased_otherwise(session, [ash.school_id], Scope(ash.school_id + 1), "la_duty", OWN) == []
    one = found[case, "la_decision"]
    assert (len(one.days_now), len(one.days_then)) == (2, 4)
    assert decision(ash, case) == ([-7, 1], None), "nothing was written"


def test_whoever_stands_in_for_the_lead_sets_it_and_on_no_other_day(ash: Village, lead: Lead) -> None:
    senco = ash.senco.person_id
    assert senco is not None
    of_school = (ash.ledger.parts, senco, ash.senco.schools, Scope(ash.school_id))
    with ash.engines.scheduler() as session:
        said = say_away(session, NewAbsence(lead.id, senco, TODAY, TODAY), by=lead.id, today=TODAY, now=ash.clock.now())
    try:
        assert decision(ash, ash.meeting_agreed())[1] is None and set_ladder(*of_school, OWN, "rungs: …", "in their name")
        assert unset_ladder(*of_school, "la_duty", "in their name")
    finally:
        with ash.engines.scheduler() as session:
            take_back(session, said.id, by=lead.id, today=TODAY, now=ash.clock.now())
    with pytest.raises(NotAllowed):
        set_ladder(*of_school, OWN, "rungs: …", "no more")


def test_nobody_else_sets_it_and_no_other_school_sees_it(ash: Village, lead: Lead) -> None:
    birch = village(ash.engines, "900008")
    assert ash.senco.person_id is not None
    with pytest.raises(NotAllowed, match="trust SEND lead"):
        set_ladder(ash.ledger.parts, ash.senco.person_id, ash.senco.schools, Scope(), OWN, "", "x")
    for scope in (Scope(birch.school_id),):
        with pytest.raises(NotAllowed):
            lead.sets(OWN, scope)
    with pytest.raises(psycopg.errors.CheckViolation):
        lead.sets(OWN, Scope(ash.school_id, ash.authority_id))
    lead.sets()
    with ash.engines.app([birch.school_id]) as session:
        assert own_ladders(session, ended=True) == [] or all(one.scope != "school" for one in own_ladders(session, ended=True))
    assert decision(birch, birch.meeting_agreed())[1] is None
