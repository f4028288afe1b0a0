"""Who may be put behind a role of a case: another school of the trust as the next school, and none of this school's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from db.contacts import CannotBeContact, Named, put_contact
from db.engine import Engines
from db.models import Family, Person, School
from db.queries.people import people_for
from rules.definition import Role
from tests.db.la_story import shipped_village
from tests.db.ledger_story import Village, day
from tests.db.waiting import until_it_waits


def _put_at_once(ash: Village, case: str, role: Role) -> None:
    """The form of another person is sent twice at once: one person holds the place, entered once."""
    named = Named("Nora", "Next", "nora@elsewhere.example")

    def put() -> int:
        with ash.engines.scheduler() as session:
            return put_contact(session, case, role, named, day("2027-03-01"))

    with ThreadPoolExecutor(1) as threads:
        with ash.engines.scheduler() as first:
            person = put_contact(first, case, role, named, day("2027-03-01"))
            again = threads.submit(put)
            until_it_waits(ash.engines, 1, or_done=again)
        assert again.result() == person
    with ash.engines.scheduler() as session:
        assert [one.person_id for one in people_for(session, case, role.name, day("2027-03-01"))] == [person]


def test_the_next_school_may_be_one_of_the_trusts_own_but_not_this_one(engines: Engines) -> None:
    ash, oak = shipped_village(engines, "900211"), shipped_village(engines, "900212")
    with engines.scheduler() as session:
        session.get_one(School, oak.school_id).trust_id = session.get_one(School, ash.school_id).trust_id
    facts = {"transfer_on": day("2027-09-01"), "year_group": 6, "rights_held_by": "parent"}
    opening = {"key": uuid4(), "process": "support_transfer", "pupil_id": ash.pupil(), "facts": facts}
    case = ash.ledger.open_case(ash.senco, **opening, on=day("2027-03-01")).case
    role = ash.ledger.position(case)[0].roles["receiving_school"]
    mails = {name: ash.rows("SELECT id, email FROM persons WHERE id = %s", who.person_id)[0] for name, who in (("ash", ash.head), ("oak", oak.senco))}
    ash.rows("UPDATE persons SET email = 'next@oak.example' WHERE id = %s RETURNING id", mails["oak"].id)
    _put_at_once(ash, case, role)
    with engines.scheduler() as session:
        person = put_contact(session, case, role, Named("Senco", "Oak", "next@oak.example"), day("2027-03-01"))
        assert [one.person_id for one in people_for(session, case, "receiving_school", day("2027-03-01"))] == [person]
        with pytest.raises(CannotBeContact, match="school's own staff"):
            put_contact(session, case, role, Named("Head", "Ash", mails["ash"].email), day("2027-03-01"))


def test_nobody_is_put_into_a_role_whom_an_order_keeps_from_the_child(engines: Engines) -> None:
    ash = shipped_village(engines, "900213")
    pupil, on = ash.pupil(), day("2027-03-01")
    with engines.scheduler() as session:
        father = Person(kind="family", given_name="Father", family_name="Ashby", email="father@home.example", school_ids=[ash.school_id])
        session.add(father)
        session.flush()
        session.add(Family(pupil_id=pupil, person_id=father.id, school_id=ash.school_id, relationship="father", no_contact=True))
    facts = {"transfer_on": day("2027-09-01"), "year_group": 6, "rights_held_by": "parent"}
    case = ash.ledger.open_case(ash.senco, key=uuid4(), process="support_transfer", pupil_id=pupil, facts=facts, on=on).case
    role = ash.ledger.position(case)[0].roles["receiving_school"]
    with engines.scheduler() as session, pytest.raises(CannotBeContact, match="An order keeps whoever has this address"):
        put_contact(session, case, role, Named("Next", "School", "Father@home.example"), on)
    with engines.scheduler() as session:
        put_contact(session, case, role, Named("Next", "School", "next@oak.example"), on)
