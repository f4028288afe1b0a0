"""Who reads a case where its definition says so: row-level security, queries and acts, and nothing less for a case without readers."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.absences import NewAbsence, say_away, take_back
from db.acts.errors import NotFound
from db.engine import EVERY_READER, Engines
from db.ledger import Act, Ledger
from db.models import Membership, SchoolClosure, SchoolTerm
from db.permissions import reading_roles
from db.queries.acting import roles_today
from db.queries.case_page import case_page
from db.queries.cases import list_cases
from db.queries.inbox import inbox, overdue
from db.queries.people import people_for
from db.queries.timeline import timeline_of
from db.queries.trust_week import trust_week
from db.reports import BOARD_MONTH, TRUST_WEEK, ReportReader
from notifications.compose_report import week_of
from notifications.morning import sections
from notifications.reader import reader_in
from rules.history import Event
from rules.loader import load_library
from tests.db.ledger_story import Village, day, village
from tests.db.other_texts import library_with, text_of, trust_lead

HANGING = ("events", "private_texts", "steps", "outbox", "deliveries", "wakes", "runs", "links", "case_waits", "date_moves")
FACTS = {"received_on": day("2026-09-01"), "made": "informally", "about": "member_of_staff", "serious_about_provision": False}


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    made = village(engines)
    made.ledger = Ledger(engines, made.clock, load_library())
    return made


@pytest.fixture(scope="module")
def complaint(ash: Village) -> str:
    """A complaint about a member of staff, with words of the SENCO's in it, and dates that moved."""
    case = ash.ledger.open_case(ash.senco, key=uuid4(), process="complaint", pupil_id=ash.pupil(), facts=FACTS, on=day("2026-09-02")).case
    came = {"fact": "received_on", "value": day("2026-08-31"), "because": "synthetic"}
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, **came, on=day("2026-09-03"))
    ash.ledger.decide(ash.senco, key=uuid4(), case=case, step="answer_informally", private={"comment": "We talked"}, on=day("2026-09-04"))
    return case


def seen(ash: Village, *roles: str) -> dict[str, int]:
    """How many rows of the complaint's tables a session sees that reads by these roles."""
    with ash.engines.app({ash.school_id: roles}) as session:
        found = {"cases": session.scalar(text("SELECT count(*) FROM cases WHERE ref LIKE 'CO-%'")) or 0}
        for table in HANGING:
            found[table] = session.scalar(text(f"SELECT count(*) FROM {table}")) or 0
    return found


def test_who_reads_it_is_told_by_the_definition_and_its_steps(ash: Village, complaint: str) -> None:
    definition, position, _ = ash.ledger.position(complaint)
    assert set(reading_roles(definition, position.facts) or ()) == {"senco", "headteacher", "trust_send_lead", "ceo"}
    assert ash.rows("SELECT readers FROM cases WHERE ref = %s", complaint)[0].readers == list(reading_roles(definition, position.facts) or ())
    other = ash.ledger.parts.library.definitions["sen_support"][-1]
    assert reading_roles(other, {}) is None


def test_whatever_hangs_on_a_case_is_hidden_with_it(ash: Village) -> None:
    """In the database itself: a table that comes later is not forgotten."""
    open_to_schools = """
        SELECT p.tablename FROM pg_policies p JOIN information_schema.columns c ON c.table_name = p.tablename AND c.column_name = 'case_id'
        WHERE p.roles && '{sendflow_app,sendflow_importer}'::name[] AND p.qual NOT LIKE '%%hidden_cases%%' AND p.qual <> 'false'
    """
    assert [row.tablename for row in ash.rows(open_to_schools)] == []


def test_the_rest_of_the_staff_sees_no_row_of_it_in_any_table(ash: Village, complaint: str) -> None:
    with_rows = {name for name, count in seen(ash, "headteacher").items() if count}
    assert {"cases", "events", "private_texts", "steps", "outbox", "date_moves"} <= with_rows
    assert seen(ash, "headteacher") == seen(ash, "teacher", "senco") == seen(ash, EVERY_READER)
    assert set(seen(ash, "teacher").values()) == set(seen(ash).values()) == {0}
    with ash.engines.app({ash.school_id}) as session:
        assert session.scalar(text("SELECT count(*) FROM cases WHERE ref LIKE 'CO-%'")) == 0, "a session that names no role"
    with ash.engines.importer({ash.school_id}) as session:
        assert session.scalar(text("SELECT count(*) FROM cases WHERE ref LIKE 'CO-%'")) == 0


def test_a_role_at_another_school_reads_nothing_here(ash: Village, complaint: str) -> None:
    other = village(ash.engines, "900002")
    with ash.engines.app({other.school_id: ("headteacher",), ash.school_id: ("teacher",)}) as session:
        assert case_page(session, complaint, day("2026-11-24")) is None


def test_queries_and_acts_know_no_such_case(ash: Village, complaint: str) -> None:
    with ash.engines.app({ash.school_id: ("teacher",)}) as session:
        assert case_page(session, complaint, day("2026-11-24")) is None and timeline_of(session, complaint) == []
        assert complaint not in {row.ref for row in list_cases(session, running=None)}
        assert complaint not in {step.case for step in overdue(session, day("2026-11-24"))}
    said = f"There is no case {complaint} in your schools"
    with pytest.raises(NotFound, match=said):
        ash.ledger.decide(ash.teacher, key=uuid4(), case=complaint, step="acknowledge", on=day("2026-09-05"))
    with pytest.raises(NotFound, match=said):
        ash.ledger.apply_many(ash.teacher, [Act(uuid4(), complaint, Event("decide", day("2026-09-05"), None, step="acknowledge"))])
    with pytest.raises(NotFound, match=said):
        ash.ledger.erase_private(ash.teacher, key=uuid4(), case=complaint, on=day("2026-09-05"))


def test_an_act_kept_in_memory_is_not_told_to_others(ash: Village, complaint: str) -> None:
    for _ in range(2):  # read, then from what this process keeps
        with pytest.raises(NotFound):
            ash.ledger.decide(ash.teacher, key=uuid4(), case=complaint, step="acknowledge", on=day("2026-09-05"))
    key = uuid4()
    first = ash.ledger.decide(ash.senco, key=key, case=complaint, step="parents_on_informal", outcome="nothing_said", on=day("2026-09-28"))
    again = ash.ledger.decide(ash.senco, key=key, case=complaint, step="parents_on_informal", outcome="nothing_said", on=day("2026-09-28"))
    assert again.repeated and again.seq == first.seq


def test_whoever_stands_in_for_a_reader_reads_and_acts(engines: Engines) -> None:
    elm = village(engines, "900004")
    elm.ledger = Ledger(engines, elm.clock, load_library())
    head, teacher = elm.head.person_id or 0, elm.teacher.person_id or 0
    case = elm.ledger.open_case(elm.senco, key=uuid4(), process="complaint", pupil_id=elm.pupil(), facts=FACTS, on=day("2026-09-02")).case
    with engines.scheduler() as session:
        today = elm.clock.today()
        absence = say_away(session, NewAbsence(head, teacher, today), by=head, today=today, now=elm.clock.now())
    elm.ledger.correct(
        elm.teacher, key=uuid4(), case=case, fact="serious_about_provision", value=True, because="as it was said", on=day("2026-09-03")
    )
    with engines.scheduler() as session:
        roles = {one.role for one in roles_today(session, teacher, today)}
    with engines.app({elm.school_id: roles}) as session:
        assert timeline_of(session, case)[-1].on_behalf_of == "Headteacher Ash"
    with engines.scheduler() as session:
        take_back(session, absence.id, by=head, today=today, now=elm.clock.now())
    with pytest.raises(NotFound):
        elm.ledger.correct(elm.teacher, key=uuid4(), case=case, fact="serious_about_provision", value=False, because="again", on=day("2026-09-03"))


def test_a_case_without_readers_is_read_by_all_the_staff(ash: Village) -> None:
    facts = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    case = ash.ledger.open_case(ash.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=ash.pupil(), facts=facts, on=day("2026-09-02")).case
    for scope in ({ash.school_id}, {ash.school_id: ("teacher",)}):
        with ash.engines.app(scope) as session:
            assert case_page(session, case, day("2026-11-24")) is not None


def test_a_case_moved_to_another_text_is_read_by_that_texts_readers(engines: Engines, tmp_path: Path) -> None:
    oak = village(engines, "900003")
    lead, case = trust_lead(engines, oak), oak.open().case
    only = text_of(library_with(tmp_path / "new", ("process: annual_review\n", "process: annual_review\nreaders: [trust_send_lead]\n")))

    def teacher_sees() -> bool:
        with engines.app({oak.school_id: ("teacher",)}) as session:
            return case_page(session, case, day("2026-11-24")) is not None

    assert teacher_sees()
    oak.ledger.move_to_text(lead, key=uuid4(), case=case, to=only, because="a text that is read by few")
    readers = oak.rows("SELECT readers FROM cases WHERE ref = %s", case)[0].readers
    assert set(readers) == set(reading_roles(only, {}) or ()) and "teacher" not in readers and not teacher_sees()
    oak.ledger.move_to_text(lead, key=uuid4(), case=case, undo=True, because="back again")
    assert oak.rows("SELECT readers FROM cases WHERE ref = %s", case)[0].readers is None and teacher_sees()


def test_a_head_counts_dates_anew_and_a_complaint_about_them_moves_unnamed(engines: Engines) -> None:
    elm = village(engines, "900006")
    elm.ledger = Ledger(engines, elm.clock, load_library())
    about = {**FACTS, "about": "headteacher", "made": "in_writing"}
    case = elm.ledger.open_case(elm.senco, key=uuid4(), process="complaint", pupil_id=elm.pupil(), facts=about, on=day("2026-11-24")).case
    review = elm.open(rights_held_by="parent").case
    with engines.scheduler() as session:
        session.add(SchoolTerm(school_id=elm.school_id, first_on=day("2026-09-01"), last_on=day("2026-12-18"), name="Autumn"))
        session.add(SchoolClosure(school_id=elm.school_id, first_on=day("2026-11-25"), last_on=day("2026-11-26"), reason="snow"))
    assert [one.case for one in elm.ledger.redate(elm.head, because="snow", schools=[elm.school_id])] == [review]
    with engines.app({elm.school_id: ("senco",)}) as session:
        entry = timeline_of(session, case)[-1]
    assert (entry.kind, entry.who, entry.words) == ("redate", "Sendflow", {}), "the days the school is closed move it all the same"
    assert elm.ledger.redate(elm.head, because="again", schools=[elm.school_id]) == [] and elm.ledger.verify(case) == []


def test_neither_the_morning_nor_the_week_of_a_head_has_a_complaint_about_them(engines: Engines) -> None:
    """Both are read without row-level security, which hides it from their pages."""
    fir = village(engines, "900007")
    fir.ledger = Ledger(engines, fir.clock, load_library())
    about = {**FACTS, "about": "headteacher", "made": "in_writing"}
    case = fir.ledger.open_case(fir.senco, key=uuid4(), process="complaint", pupil_id=fir.pupil(), facts=about, on=day("2026-09-02")).case
    with engines.scheduler() as session:
        found = {who.person_id: inbox(session, who.person_id or 0, day("2026-11-24")) for who in (fir.senco, fir.head)}
        weeks = [trust_week(session, day("2026-11-24"), day("2026-11-17"), [fir.school_id], reads=reads) for reads in (None, ("headteacher",))]
    seen = {who: {step.case for step in (*one.mine, *one.waiting_for)} for who, one in found.items()}
    assert case in seen[fir.senco.person_id] and case not in seen[fir.head.person_id]
    assert [week.schools[0].open > 0 if week.schools else False for week in weeks] == [True, False]


def test_nothing_of_it_is_written_to_them_in_another_role_of_theirs_either(engines: Engines) -> None:
    """A headteacher who stands in for the SENCO, and leads SEND in the trust: their morning and the trust's week named the complaint."""
    oak = village(engines, "900009")
    oak.ledger = Ledger(engines, oak.clock, load_library())
    about = {**FACTS, "about": "headteacher", "made": "in_writing"}
    case = oak.ledger.open_case(oak.senco, key=uuid4(), process="complaint", pupil_id=oak.pupil(), facts=about, on=day("2026-09-02")).case
    today, senco, head = day("2026-11-24"), oak.senco.person_id or 0, oak.head.person_id or 0
    lead = trust_lead(engines, oak)
    with engines.scheduler() as session:
        session.add(Membership(person_id=head, school_id=oak.school_id, role="trust_send_lead"))
        say_away(session, NewAbsence(senco, head, today, today), by=senco, today=today, now=datetime.combine(today, time(7), UTC))
    with engines.scheduler() as session:
        mornings = [sections(session, reader_in(session, "", who, None), "", today) for who in (head, senco)]
        weeks = [week_of(session, TRUST_WEEK, ReportReader(who or 0, (oak.school_id,)), today) for who in (head, lead.person_id)]
        board = week_of(session, BOARD_MONTH, ReportReader(head, (oak.school_id,)), today)
    assert [case in str(one) for one in mornings] == [False, True]
    open_steps = [sum(one.open for one in week.schools) for week in (*weeks, board)]
    assert open_steps[0] == 0 < open_steps[1] == open_steps[2], "a board's numbers are the same for all of it"


def test_what_a_senco_is_told_of_a_complaint_about_the_head_goes_to_the_trust_where_the_head_is_the_senco(engines: Engines) -> None:
    yew = village(engines, "900008")
    yew.ledger = Ledger(engines, yew.clock, load_library())
    about = {**FACTS, "about": "headteacher", "made": "in_writing"}
    case = yew.ledger.open_case(yew.senco, key=uuid4(), process="complaint", pupil_id=yew.pupil(), facts=about, on=day("2026-09-02")).case
    lead = trust_lead(engines, yew)
    with engines.scheduler() as session:
        session.get_one(Membership, (yew.senco.person_id, yew.school_id, "senco")).until_on = day("2026-11-23")
        more = ("senco", "trust_send_lead")  # who leads SEND in the trust as well has it in no role at all
        session.add_all(Membership(person_id=yew.head.person_id, school_id=yew.school_id, role=role) for role in more)
        session.flush()
        found = people_for(session, case, "senco", day("2026-11-24"))
    assert [(one.person_id, one.instead) for one in found] == [(lead.person_id, True)]
