"""A link is its holder's only while they read in that role for that case: what ends that ends the link, in the page and in the act's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import text

from db.contacts import Named, put_contact
from db.engine import Engines
from db.kept_away import cases_not_told_to, is_kept_away
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.ledger import Actor, Ledger, LinkUsed
from db.links import Link, LinkRefused, Links
from db.models import Authority, Person
from db.queries.people import people_for
from rules.loader import load_library
from tests.acceptance.people import COUNCIL, settle
from tests.db.ledger_story import TODAY, Village, village

LIBRARY = load_library()
LINKS = Links(["k" * 40])
PROFILE = """\
la: "{code}"
name: Testshire
mailbox: sen@testshire.example
officers:
{officers}
escalation:
  manager: {{name: Sam Manager, email: manager@testshire.example}}
"""
NEW_OFFICER = "  - {name: Noa New, email: noa.new@testshire.example, for: {surnames: A to K}}\n"
OLD_OFFICER = f"  - {{name: La Oak, email: {COUNCIL['la']}, for: {{surnames: L to Z}}}}\n"


@dataclass
class Held:
    """A case with a link to one party's advice, and the link as it was read while it was good."""

    place: Village
    case: str
    token: str
    link: Link

    def does(self, change: str) -> None:
        with self.place.engines.scheduler() as session:
            session.execute(text(change), {"case": self.case, "person": self.link.person_id})

    @property
    def refused(self) -> LinkRefused | None:
        try:
            assert LINKS.read(self.place.engines, self.token, TODAY) == self.link
        except LinkRefused as refusal:
            return refusal
        return None

    def acts(self) -> None:
        """Whoever opened the page before sends it now."""
        actor = Actor(self.link.person_id, frozenset({self.link.school_id}), "link", self.link.id, self.link.role)
        self.place.decide(self.case, "gather_advice", "2026-10-01", "nothing_to_add", party=self.link.party, by=actor)


@pytest.fixture
def ash(engines: Engines) -> Village:
    """A school of the test's own: a profile is its authority's, and would be the next test's."""
    made = village(engines, f"{900100 + len(_made)}")
    _made.append(made)
    settle(made)
    with engines.scheduler() as session:  # here the SEN team's mailbox is not its officer's own
        session.execute(text("UPDATE authorities SET sen_email = 'sen@testshire.example' WHERE id = :id"), {"id": made.authority_id})
    made.ledger = Ledger(engines, made.clock, LIBRARY)
    return made


_made: list[Village] = []


def held(ash: Village, role: str, *, mailbox: bool = False, case: str = "", address: str = "") -> Held:
    """A review of a pupil's own, or `case`, with the link of whoever reads in that role today, or of the LA's mailbox, or by address."""
    if not case:
        case = ash.open(rights_held_by="parent", year_group=5, looked_after=False).case
        ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=date(2026, 11, 5))
    about = {"case": case, "step": "gather_advice", "party": role, "round": 1, "role": role, "expires_on": date(2027, 1, 31)}
    with ash.engines.scheduler() as session:
        person = None if mailbox else people_for(session, case, role, TODAY)[0].person_id
        if address:
            person = session.scalar(text("SELECT id FROM persons WHERE email = :address ORDER BY id DESC LIMIT 1"), {"address": address})
        token = LINKS.make(session, **about, person_id=person)
    return Held(ash, case, token, LINKS.read(ash.engines, token, TODAY))


def loads(ash: Village, officers: str) -> None:
    (row,) = ash.rows("SELECT code FROM authorities WHERE id = %s", ash.authority_id)
    profile = read_profile(PROFILE.format(code=row.code, officers=officers.rstrip("\n")), "testshire.yaml", LIBRARY)
    with ash.engines.scheduler() as session:
        load_profile(session, profile, "testshire.yaml", by=None)


def moves_to_another_la(ash: Village, case: str) -> None:
    with ash.engines.scheduler() as session:
        (code,) = session.execute(text("SELECT 'other ' || count(*) FROM authorities")).one()
        other = Authority(code=code, name="Othershire", sen_email=f"sen@{code.replace(' ', '')}.example")
        session.add(other)
        session.flush()
        move = text("UPDATE pupils SET authority_id = :authority WHERE id = (SELECT pupil_id FROM cases WHERE ref = :case)")
        session.execute(move, {"authority": other.id, "case": case})


PUPIL = "pupil_id = (SELECT pupil_id FROM cases WHERE ref = :case)"
ORDER = """INSERT INTO families (pupil_id, person_id, school_id, relationship, parental_responsibility, no_contact)
    SELECT pupil_id, :person, school_id, 'father', true, true FROM cases WHERE ref = :case
    ON CONFLICT (pupil_id, person_id) DO UPDATE SET no_contact = true"""


@pytest.mark.parametrize(
    ("role", "change", "reason"),
    [
        ("parent", f"UPDATE families SET parental_responsibility = false WHERE {PUPIL}", "with_another"),
        ("parent", "UPDATE persons SET left_on = '2026-11-23' WHERE id = :person", "with_another"),
        ("parent", f"UPDATE families SET no_contact = true WHERE {PUPIL}", "revoked"),
        ("la", ORDER, "revoked"),
        ("la", "DELETE FROM authority_contacts WHERE person_id = :person", "with_another"),
        ("health", "DELETE FROM authority_contacts WHERE person_id = :person", "with_another"),
        ("social_care", "UPDATE persons SET left_on = '2026-11-23' WHERE id = :person", "with_another"),
    ],
)
def test_whoever_reads_in_that_role_no_more_opens_nothing_and_records_nothing(ash: Village, role: str, change: str, reason: str) -> None:
    one, other = held(ash, role), held(ash, role)
    one.does(change)
    refused = one.refused
    assert refused is not None and refused.reason == reason
    assert ("Ask Ash School" in refused.message) == (reason == "with_another"), "whom to turn to; a person kept away is not told the school"
    with pytest.raises(LinkUsed, match="with somebody else now"):
        one.acts()
    assert ash.ledger.position(one.case)[2] == 2, "nothing was recorded"
    if "person_id = :person" not in change and "persons" not in change:
        assert other.refused is None, "it is about that pupil alone"
        other.acts()


def test_after_a_plan_has_moved_the_old_authority_reads_and_decides_nothing(ash: Village) -> None:
    officer, stays = held(ash, "la"), held(ash, "la")
    mailbox, adviser = held(ash, "la", mailbox=True, case=officer.case), held(ash, "health", case=officer.case)
    moves_to_another_la(ash, officer.case)
    assert [one.refused.reason for one in (officer, mailbox, adviser) if one.refused] == ["with_another"] * 3
    for one in (officer, mailbox, adviser):
        with pytest.raises(LinkUsed):
            one.acts()
    assert stays.refused is None
    now = held(ash, "la", mailbox=True, case=officer.case)
    assert now.refused is None and now.token != mailbox.token, "the new authority's mailbox has a link of its own"
    now.acts()
    assert ash.ledger.verify(officer.case) == []


def test_a_contact_who_was_replaced_is_asked_no_more_and_the_new_one_is(ash: Village) -> None:
    las = held(ash, "health")

    def put(given: str) -> None:
        with ash.engines.scheduler() as session:
            who = Named(given, "Nurse", f"{given.lower()}@health.example")
            put_contact(session, las.case, ash.ledger.position(las.case)[0].roles["health"], who, ash.clock.today())

    put("Nora")
    own = held(ash, "health", case=las.case)
    assert las.refused is not None and own.refused is None, "the pupil's own contact comes before the authority's"
    put("Nils")
    assert own.refused is not None and own.refused.reason == "with_another"
    with pytest.raises(LinkUsed):
        own.acts()
    held(ash, "health", case=las.case).acts()


def test_whom_the_profile_in_force_names_may_act_for_the_authority_and_nobody_it_replaced(ash: Village) -> None:
    old = held(ash, "la")
    mailbox = held(ash, "la", mailbox=True, case=old.case)
    loads(ash, NEW_OFFICER)
    assert old.refused is not None and old.refused.reason == "with_another"
    with pytest.raises(LinkUsed):
        old.acts()
    assert mailbox.refused is None, "yesterday's mail to the mailbox goes on working: the case is that authority's"
    new = held(ash, "la", case=old.case)
    loads(ash, NEW_OFFICER + OLD_OFFICER)
    assert old.refused is None and new.refused is None, "a colleague for other letters acts for the same body"
    assert held(ash, "la", case=old.case, address="manager@testshire.example").refused is None, "nor is one to whom a breach was raised"
    loads(ash, NEW_OFFICER + OLD_OFFICER.replace("for:", "until: 2026-11-23, for:"))
    assert old.refused is not None and new.refused is None, "the day on which the profile ends their post"
    mailbox.acts()


def test_an_order_is_about_its_person_at_work_too(ash: Village) -> None:
    """The father whom an order keeps away is the LA's officer for health, under the same address: another row, and the same man."""
    link = held(ash, "health")
    (officer,) = ash.rows("SELECT email FROM persons WHERE id = %s", link.link.person_id)
    with ash.engines.scheduler() as session:
        father = Person(kind="family", given_name="Father", family_name="Ashby", email=officer.email.title(), school_ids=[ash.school_id])
        session.add(father)
        session.flush()
        session.execute(text(ORDER), {"case": link.case, "person": father.id})
        session.flush()
        assert people_for(session, link.case, "health", TODAY) == [], "no letter about the child goes to him"
        assert is_kept_away(session, session.scalar(text("SELECT id FROM cases WHERE ref = :case"), {"case": link.case}), link.link.person_id)
        assert [len(cases_not_told_to(session, one, TODAY)) for one in (link.link.person_id or 0, father.id)] == [1, 1]
    assert link.refused is not None and link.refused.reason == "revoked"
    with pytest.raises(LinkUsed):
        link.acts()
    assert held(ash, "health").refused is None, "it is about that child alone"
