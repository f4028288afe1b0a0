"""The people of the stories: one school, its trust's SEND lead, the council's officer and advisers, and one family a story. All synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count

from sqlalchemy.orm import Session

from db.ledger import Actor
from db.models import Authority, AuthorityContact, Family, Membership, Person, Pupil, PupilContact, School
from tests.db.ledger_story import Village

ADVISERS = ("la", "health", "social_care", "educational_psychologist")
COUNCIL = {role: f"{role.replace('_', '.')}@testshire.example" for role in ADVISERS}
SENCO, HEAD, SEND_LEAD = "senco.ash@school.example", "headteacher.ash@school.example", "lead.ash@school.example"
CEO = "chief.ash@trust.example"
PANEL = {seat: f"{seat.replace('_', '.')}@panel.example" for seat in ("panel_chair", "panel_member", "independent_panel_member")}
_numbers = count(1)


@dataclass(frozen=True)
class Household:
    """A pupil and their family. `father` is kept from contact by an order: nothing may ever reach him."""

    pupil_id: int
    name: str
    mother: str
    father: str
    child: str


def settle(village: Village) -> None:
    """The trust's SEND lead, and the council's SEN officer and advisers, each with an address."""
    with village.engines.scheduler() as session:
        authority, school = session.get_one(Authority, village.authority_id), session.get_one(School, village.school_id)
        authority.sen_email = COUNCIL["la"]  # the officer reads the SEN team's mailbox: notices and reminders come to one person
        lead = Person(kind="staff", given_name="Lead", family_name="Ash", email=SEND_LEAD, school_ids=[school.id])
        officers = {r: Person(kind="outside", given_name=r.title(), family_name="Oak", email=COUNCIL[r], school_ids=[school.id]) for r in ADVISERS}
        session.add_all([lead, *officers.values()])
        session.flush()
        session.add(Membership(person_id=lead.id, school_id=school.id, role="trust_send_lead"))
        session.add_all(AuthorityContact(authority_id=authority.id, person_id=one.id, role=role) for role, one in officers.items())


def chief_executive(village: Village) -> Actor:
    """The trust's chief executive, who holds that role at the school; as the ledger knows them."""
    with village.engines.scheduler() as session:
        person = Person(kind="staff", given_name="Chief", family_name="Ash", email=CEO, school_ids=[village.school_id])
        session.add(person)
        session.flush()
        session.add(Membership(person_id=person.id, school_id=village.school_id, role="ceo"))
        return Actor(person.id, frozenset({village.school_id}), "console")


def panel(village: Village, pupil_id: int) -> None:
    """Three people who may hear a complaint about that pupil's school, each known in their seat."""
    with village.engines.scheduler() as session:
        for seat, address in PANEL.items():
            person = Person(kind="outside", given_name=seat.title(), family_name="Elm", email=address, school_ids=[village.school_id])
            session.add(person)
            session.flush()
            session.add(PupilContact(pupil_id=pupil_id, person_id=person.id, role=seat, school_id=village.school_id))


def household(village: Village, name: str, born_on: date, year_group: int, *, looked_after: bool = False) -> Household:
    """A pupil who reads their own mail, a mother, and a father whom an order keeps from contact. Names are made different for each story."""
    given = f"{name}{next(_numbers)}"
    mother, father, child = (address.lower() for address in (f"mother.{given}@home.example", f"father.{given}@away.example", f"{given}@home.example"))
    with village.engines.scheduler() as session:
        pupil = Pupil(
            school_id=village.school_id, authority_id=village.authority_id, given_name=given, family_name="Ashby", born_on=born_on,
            year_group=year_group, sen_provision="K", looked_after=looked_after,
        )  # fmt: skip
        session.add(pupil)
        session.flush()
        for relationship, address in (("mother", mother), ("father", father), ("self", child)):
            _relative(session, pupil, relationship, address)
        return Household(pupil.id, given, mother, father, child)


def _relative(session: Session, pupil: Pupil, relationship: str, address: str) -> None:
    person = Person(kind="family", given_name=relationship.title(), family_name="Ashby", email=address, school_ids=[pupil.school_id])
    session.add(person)
    session.flush()
    session.add(
        Family(
            pupil_id=pupil.id, person_id=person.id, school_id=pupil.school_id, relationship=relationship,
            parental_responsibility=relationship != "self", no_contact=relationship == "father",
        )
    )  # fmt: skip
