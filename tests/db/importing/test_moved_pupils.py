"""A child who moves between two schools of the trust: the new school's file is taken, cases stay where they are, and orders follow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest
from sqlalchemy import select

from db.engine import Engines
from db.importing.leavers import answer_leaver, missing_pupils
from db.importing.problems import ImportRefused
from db.models import Case, Family, Person, Pupil, School
from db.sample.people import pupil_upn
from tests.db.importing.small_files import imports, reviewed
from tests.db.ledger_story import Village, village

ASH, OAK = "900001", "900002"
PUPILS = "URN,Adno,UPN,Legal forename,Legal surname,DOB,NC Year,Reg,SEN status,SEN need,LAC\n"
FAMILIES = "URN,Adno,Contact ID,Forename,Surname,Relationship,Parental responsibility,Email,Phone,Address"
UPNS = [pupil_upn(Random(one), "9034006", one) for one in range(1, 8)]
LEFT = date(2026, 11, 20)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    village(engines, OAK)
    return village(engines, ASH)


def child(urn: str, number: int) -> str:
    """The row of a child at that school, who has the same UPN wherever they are."""
    return f"{urn},{number:04},{UPNS[number]},Mia,Moves{number},2018-02-10,4,4A,E,ASD,No\n"


def pupils(ash: Village, number: int) -> dict[str, tuple[int, date | None]]:
    """The child's numbers and last days by school."""
    with ash.engines.scheduler() as session:
        asked = select(School.urn, Pupil.id, Pupil.left_on).join(School, School.id == Pupil.school_id).where(Pupil.upn == UPNS[number])
        return {urn: (id_, left_on) for urn, id_, left_on in session.execute(asked)}


def leaves(ash: Village, *rows: str) -> None:
    """Ash School's file names only these any more, and the SENCO says of whoever is missing that they left."""
    imports(ash, pupils=PUPILS + "".join(rows))
    with ash.engines.scheduler() as session:
        for one in missing_pupils(session):
            answer_leaver(session, one.pupil_id, left_on=LEFT, actor_id=ash.senco.person_id or 0, now=datetime(2026, 11, 24, tzinfo=UTC))


def test_whoever_has_left_is_taken_by_the_next_school_and_the_cases_stay_with_the_first(ash: Village) -> None:
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, 1))
    first = pupils(ash, 1)[ASH][0]
    case = ash.open(pupil_id=first).case
    with pytest.raises(ImportRefused) as refused:
        imports(ash, pupils=PUPILS + child(OAK, 1))
    (problem,) = refused.value.problems
    assert "on the roll of Ash School; if they have moved, import that school's pupils.csv without them" in str(problem)
    leaves(ash, child(ASH, 0))
    assert imports(ash, pupils=PUPILS + child(OAK, 1)).missing == 0
    assert pupils(ash, 1)[ASH] == (first, LEFT) and pupils(ash, 1)[OAK][1] is None
    with ash.engines.scheduler() as session:
        assert session.scalars(select(Case.pupil_id).where(Case.ref == case)).one() == first
    with pytest.raises(ImportRefused) as refused:
        imports(ash, pupils=PUPILS + child(OAK, 1) + child(OAK, 1).replace(",0001,", ",0099,"))
    assert ["the same UPN stands in line 2" in str(one) for one in refused.value.problems] == [True]


def test_one_file_of_the_whole_trust_moves_them_and_asks_whether_they_left(ash: Village) -> None:
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, 2))
    assert imports(ash, pupils=PUPILS + child(ASH, 0) + child(OAK, 2) + child(OAK, 1)).missing == 1
    assert [one.name for one in _asked(ash)] == ["Mia Moves2"], "nobody leaves without a person's yes"
    again = imports(ash, pupils=PUPILS + child(OAK, 2) + child(OAK, 1))
    assert not again.changed_anything, "nor does the question stand in the way of the next morning's file"
    with pytest.raises(ImportRefused):  # both name the child: one of them is wrong
        imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, 2) + child(OAK, 2) + child(OAK, 1))


def _asked(ash: Village) -> list[object]:
    with ash.engines.scheduler() as session:
        return list(missing_pupils(session))


def family(urn: str, number: int, *, says: bool = True, barred: str = "No") -> str:
    """Both parents as a school's file tells them: a mother whose address nobody may learn, and a father whom an order keeps away."""
    mother = f"{urn},{number:04},{urn}-1,Ann,Moves,Mother,Yes,ann@home.example,07700 900001,1 Hidden Lane"
    father = f"{urn},{number:04},{urn}-2,BOB,Barred,Father,Yes,bob@home.example,07700 900002,2 Street"
    other = f"{urn},{number:04},{urn}-3,Cara,Carer,Stepmother,No,cara@home.example,07700 900003,2 Street"
    if not says:
        return "\n".join((FAMILIES, mother, father, other))
    hidden = "Yes" if urn == ASH else "No"
    return "\n".join((f"{FAMILIES},Do not disclose,No contact", f"{mother},{hidden},No", f"{father},No,{barred}", f"{other},No,No"))


@pytest.mark.parametrize(("number", "says"), [(3, True), (4, False)], ids=["the new school's file says No", "it has no such columns"])
def test_an_order_and_a_hidden_address_follow_until_they_are_lifted_where_they_stand(ash: Village, number: int, says: bool) -> None:
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, number))
    imports(ash, families=family(ASH, number, barred="Yes"))
    leaves(ash, child(ASH, 0))
    at_oak = {"pupils": PUPILS + child(OAK, 1) + child(OAK, 2) + child(OAK, number), "families": family(OAK, number, says=says)}
    imports(ash, **at_oak)
    now = pupils(ash, number)[OAK][0]

    def protected() -> dict[str, tuple[bool, bool]]:
        with ash.engines.scheduler() as session:
            rows = session.execute(select(Person, Family).join(Family, Family.person_id == Person.id).where(Family.pupil_id == now)).all()
            return {person.given_name: (one.address_not_disclosed, one.no_contact) for person, one in rows}

    assert protected() == {"Ann": (True, False), "BOB": (False, True), "Cara": (False, False)}
    assert not imports(ash, **at_oak).changed_anything
    imports(ash, families=family(ASH, number, barred="No"))  # the order has ended, and whoever entered it says so
    imports(ash, families=family(OAK, number))
    assert protected() == {"Ann": (True, False), "BOB": (False, False), "Cara": (False, False)}


def test_an_order_is_lifted_also_before_anybody_has_said_that_the_child_left(ash: Village) -> None:
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, 6), families=family(ASH, 6, barred="Yes"))
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(OAK, 1) + child(OAK, 2) + child(OAK, 3) + child(OAK, 4) + child(OAK, 6))
    at = pupils(ash, 6)
    assert at[ASH][1] is None and at[OAK][1] is None, "asked, and nobody has answered"

    def barred() -> dict[int, bool]:
        asked = (
            "SELECT f.pupil_id, f.no_contact FROM families f JOIN persons p ON p.id = f.person_id WHERE p.family_name = %s AND f.pupil_id = ANY (%s)"
        )
        found = ash.rows(asked, "Barred", [at[ASH][0], at[OAK][0]])
        return {one.pupil_id: one.no_contact for one in found}

    imports(ash, families=family(OAK, 6))
    assert barred() == {at[ASH][0]: True, at[OAK][0]: True}, "it follows"
    imports(ash, families=family(ASH, 6))
    assert barred() == {at[ASH][0]: False, at[OAK][0]: True}, "lifted where it was entered"
    imports(ash, families=family(OAK, 6))
    assert barred() == {at[ASH][0]: False, at[OAK][0]: False}
    imports(ash, families=family(OAK, 6, barred="Yes"))
    imports(ash, pupils=PUPILS + "".join(child(OAK, one) for one in (1, 2, 3, 4)) + child(ASH, 0) + child(ASH, 6))
    imports(ash, families=family(ASH, 6))
    assert barred() == {at[ASH][0]: True, at[OAK][0]: True}, "back at the first school, which follows the second now"


def test_the_day_of_the_next_review_follows_and_no_older_date_of_the_new_school_undoes_it(ash: Village) -> None:
    plan = "URN,Adno,LA code,Plan date,Last review\n{urn},0005,001,2024-02-01,2025-12-01\n"
    imports(ash, pupils=PUPILS + child(ASH, 0) + child(ASH, 5), plans=plan.format(urn=ASH))
    first = pupils(ash, 5)[ASH][0]
    assert reviewed(ash, ash.open(pupil_id=first).case, date(2026, 11, 20), date(2027, 11, 19))
    leaves(ash, child(ASH, 0))
    imports(ash, pupils=PUPILS + "".join(child(OAK, one) for one in (1, 2, 3, 4, 5)), plans=plan.format(urn=OAK))
    assert not imports(ash, plans=plan.format(urn=OAK)).changed_anything
    known = ash.rows("SELECT last_review_on, review_due_on FROM plans WHERE pupil_id = ANY (%s)", [first, pupils(ash, 5)[OAK][0]])
    assert [(one.last_review_on, one.review_due_on) for one in known] == [(date(2026, 11, 20), date(2027, 11, 19))] * 2
