"""What a file does not name any more: a role, an LA's contact, a closure. It is noted and asked, and goes by a person's answer alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from db.engine import Engines
from db.importing.answers import answer_question, questions
from db.importing.leavers import CannotAnswer
from db.importing.run import ImportReport, import_files
from db.models import AuthorityContact, Membership, Person, SchoolClosure

OAK, ELM = "900201", "900202"
TODAY, NOW = date(2026, 11, 24), datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADINGS = {
    "schools": "URN,DfE number,School name,Phase,LA code",
    "staff": "URN,Staff ID,Forename,Surname,Email,Role",
    "la_contacts": "LA code,LA name,Contact,Email,Role",
    "term_dates": "URN,Kind,Name,First day,Last day",
}
SENCO, HEAD = f"{OAK},1,Ann,Ash,ann@oak.example,SENCO", f"{OAK},2,Bo,Birch,bo@oak.example,Headteacher"
CHAIR, LEAD = f"{OAK},3,Cy,Chair,cy@board.example,Governor", ",4,Di,Dean,di@trust.example,Trust SEND lead"
CEO = ",5,Eli,Eyre,eli@trust.example,CEO"


@pytest.fixture(scope="module", autouse=True)
def schools(engines: Engines) -> None:
    imported(engines, "schools", f"{OAK},9995001,Oak,primary,998", f"{ELM},9995002,Elm,primary,998")
    imported(engines, "staff", SENCO, HEAD, CHAIR, LEAD, CEO, f"{ELM},1,Zoe,Zell,zoe@elm.example,SENCO")


def imported(engines: Engines, kind: str, *rows: str) -> ImportReport:
    with engines.scheduler() as session:
        return import_files(session, {f"{kind}.csv": "\n".join([HEADINGS[kind], *rows]).encode()}, actor_id=None, today=TODAY)


def asked(engines: Engines) -> dict[str, int]:
    """The questions that wait: their words and numbers."""
    with engines.scheduler() as session:
        return {one.words: one.number for one in questions(session)}


def answered(engines: Engines, number: int, over_on: date | None) -> None:
    with engines.scheduler() as session:
        by = session.scalars(select(Person.id).where(Person.email == "bo@oak.example")).one()
        answer_question(session, number, over_on=over_on, actor_id=by, now=NOW, today=TODAY)


def until(engines: Engines, email: str) -> set[date | None]:
    with engines.scheduler() as session:
        return set(session.scalars(select(Membership.until_on).join(Person, Person.id == Membership.person_id).where(Person.email == email)))


def test_a_senco_who_is_not_in_the_file_keeps_the_role_until_somebody_answers(engines: Engines) -> None:
    report = imported(engines, "staff", HEAD, f"{OAK},6,Flo,Fox,flo@oak.example,SENCO")
    assert report.unnamed == 1 and not report.missing
    assert [str(note) for note in report.files[0].counts.notes] == [
        "staff.csv: Ann Ash, SENCO at Oak: not named here, and stays until a person says otherwise"
    ], "neither the other school's staff, nor the board, nor the trust's"
    assert until(engines, "ann@oak.example") == {None}
    assert imported(engines, "staff", HEAD, f"{OAK},6,Flo,Fox,flo@oak.example,SENCO").unnamed == 0, "asked once"
    number = asked(engines)["Ann Ash, SENCO at Oak"]
    for day in (date(2026, 12, 18), None, TODAY):
        answered(engines, number, day)
        assert until(engines, "ann@oak.example") == {day} and asked(engines) == {}
    assert imported(engines, "staff", HEAD, f"{OAK},6,Flo,Fox,flo@oak.example,SENCO").unnamed == 0, "it is answered, though the role lasts today"
    imported(engines, "staff", SENCO, HEAD)
    assert until(engines, "ann@oak.example") == {TODAY}, "this file has no column Until"
    assert imported(engines, "staff", HEAD).unnamed == 1 and number not in asked(engines).values(), "a new question, for a file has named her since"
    imported(engines, "staff", SENCO, HEAD)
    assert set(asked(engines)) == {"Flo Fox, SENCO at Oak"}, "who is named again is asked no more"


def test_who_a_person_says_stays_is_asked_again_only_after_a_file_has_named_them(engines: Engines) -> None:
    gone = [HEAD, f"{OAK},6,Flo,Fox,flo@oak.example,SENCO"]
    teacher = f"{OAK},7,Gil,Gray,gil@oak.example,Teacher"
    imported(engines, "staff", *gone, SENCO, teacher)
    imported(engines, "staff", *gone, SENCO)
    answered(engines, asked(engines)["Gil Gray, teacher at Oak"], None)
    assert imported(engines, "staff", *gone, SENCO).unnamed == 0 and until(engines, "gil@oak.example") == {None}
    imported(engines, "staff", *gone, SENCO, teacher)
    assert imported(engines, "staff", *gone, SENCO).unnamed == 1


def test_of_a_part_of_the_staff_nobody_is_asked_about_the_rest(engines: Engines) -> None:
    many = [f"{ELM},{100 + n},F{n},S{n},s{n}@elm.example,Teacher" for n in range(12)]
    imported(engines, "staff", f"{ELM},1,Zoe,Zell,zoe@elm.example,SENCO", *many)
    new = f"{ELM},200,New,Newt,new@elm.example,Teacher"
    report = imported(engines, "staff", new)
    assert report.unnamed == 0 and not [words for words in asked(engines) if "Elm" in words]
    (note,) = report.files[0].counts.notes
    assert str(note).startswith("staff.csv: Elm: this file names 1 of 14 roles, so it is taken for a part")
    assert imported(engines, "staff", new, *many[:6]).unnamed == 7, "so few are asked about"
    imported(engines, "staff", new, *many, f"{ELM},1,Zoe,Zell,zoe@elm.example,SENCO")


def test_a_role_of_the_trust_is_one_question_and_ends_at_every_school(engines: Engines) -> None:
    assert imported(engines, "staff", LEAD).unnamed == 1
    answered(engines, asked(engines)["Eli Eyre, chief executive at the whole trust"], TODAY)
    with engines.scheduler() as session:
        held = select(func.count()).select_from(Membership).join(Person, Person.id == Membership.person_id)
        assert session.scalar(held.where(Person.email == "eli@trust.example", Membership.until_on == TODAY)) == 2


def test_an_officer_who_was_replaced_goes_by_an_answer_and_capitals_make_nobody_new(engines: Engines) -> None:
    team, old = "998,Testshire,SEN team,sen@la.example,SEN team", "998,Testshire,Olga Old,olga@la.example,Case officer"
    imported(engines, "la_contacts", team, old)
    assert imported(engines, "la_contacts", team.replace("sen@", "SEN@"), old.replace("olga@la", "Olga@LA")).unnamed == 0
    assert imported(engines, "la_contacts", team, "998,Testshire,Nia New,nia@la.example,Case officer").unnamed == 1
    number = asked(engines)["Olga Old (Olga@LA.example), la officer of Testshire"]

    def contacts() -> int:
        with engines.scheduler() as session:
            return session.scalar(select(func.count()).select_from(AuthorityContact)) or 0

    assert contacts() == 3
    with pytest.raises(CannotAnswer, match="goes at once"):
        answered(engines, number, TODAY + timedelta(days=1))
    answered(engines, number, TODAY)
    assert contacts() == 2
    with pytest.raises(CannotAnswer, match=f"no question R{number}"):
        answered(engines, number, None)


def test_a_closure_taken_out_of_the_file_is_asked_and_one_outside_its_days_is_not(engines: Engines) -> None:
    last_year = f"{OAK},closure,Snow,2026-03-02,2026-03-02"
    term, half, inset = (
        f"{OAK},{row}"
        for row in ("term,Autumn,2026-09-02,2026-12-18", "closure,Half term,2026-10-26,2026-10-30", "closure,INSET,2026-11-27,2026-11-27")
    )
    imported(engines, "term_dates", last_year)
    imported(engines, "term_dates", term, half, inset, f"{ELM},closure,INSET,2026-11-27,2026-11-27")
    assert imported(engines, "term_dates", term, half).unnamed == 1
    number = asked(engines)["INSET, closed from 2026-11-27 to 2026-11-27 at Oak"]
    answered(engines, number, TODAY)
    with engines.scheduler() as session:
        days = session.scalars(
            select(SchoolClosure.first_on).where(text("school_id = (SELECT id FROM schools WHERE urn = '900201')")).order_by("first_on")
        )
        assert list(days) == [date(2026, 3, 2), date(2026, 10, 26)]
    imported(engines, "term_dates", f"{OAK},term,Autumn,2026-09-02,2026-12-18")
    imported(engines, "term_dates", f"{OAK},closure,Half term,2026-10-25,2026-10-30")
    assert not [words for words in asked(engines) if "Half term" in words], "what a later file replaced is asked no more"
