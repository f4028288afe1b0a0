"""A profile at work: who at the LA is asked about which pupil, what is asked for early, and what no other school sees (issue 6, point 2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from stdnum.gb import upn as upns

from db.chase import sweep_all
from db.engine import Engines
from db.importing.run import import_files
from db.la_profile.load import Loaded, load_profile
from db.la_profile.read_profile import read_profile
from db.la_profile.routing import la_routes
from db.models import AuthorityContact, Person, Pupil
from db.queries.la_profiles import la_of_case, la_profiles
from db.queries.people import people_for
from rules.problems import DefinitionErrors
from tests.db.la_story import REVIEW, shipped_village
from tests.db.ledger_story import Village, day

HEAD = 'la: "{code}"\nname: Testshire\nmailbox: sen@testshire.example\n'
EARLY = "lead_times:\n  - {process: annual_review, step: circulate_advice, by: 25 working days before meeting_on}\n"
LATER = EARLY.replace("25 working days", "2 days")


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    """A school on the shipped texts, and one more of another LA."""
    shipped_village(engines, "900032")
    return shipped_village(engines, "900031", today=date(2026, 9, 21))


def loads(ash: Village, more: str) -> Loaded:
    profile = read_profile(HEAD.format(code="031") + more, "testshire.yaml", ash.ledger.parts.library)
    with ash.engines.scheduler() as session:
        return load_profile(session, profile, "testshire.yaml", by=ash.senco.person_id)


def pupil(ash: Village, given: str, family: str, year: int, serial: int = 0) -> str:
    """A review of a new pupil in that year; its reference. With a `serial` the pupil has the UPN of that number."""
    pupil_id = ash.pupil(given, family)
    with ash.engines.scheduler() as session:
        found = session.get_one(Pupil, pupil_id)
        found.year_group, found.upn = year, upn(serial) if serial else None
    return ash.open(pupil_id=pupil_id, **REVIEW).case


def upn(serial: int) -> str:
    digits = f"90099{serial:07d}"
    return upns.calc_check_digit(digits) + digits


def asked(ash: Village, case: str, today: str = "2026-09-21") -> tuple[str, str]:
    with ash.engines.app([ash.school_id]) as session:
        (found,) = people_for(session, case, "la", day(today))
    return found.name, found.why


def notices(ash: Village, case: str) -> tuple[str, bool]:
    """Who has a notice to the LA about the case, and whether that is the authority itself."""
    (number,) = (row.id for row in ash.rows("SELECT id FROM cases WHERE ref = %s", case))
    with ash.engines.scheduler() as session:
        officers = people_for(session, case, "la", day("2026-09-21"))
        (found,) = la_routes(session, [number], day("2026-09-21")).readers(number, "any_step", officers, reminds=False, breach=0)
    return found.name, found.authority_id is not None


def test_the_nearest_officer_is_asked_and_who_is_asked_says_why(ash: Village) -> None:
    ada, peter, olive, kim = (
        pupil(ash, *who) for who in (("Ada", "Ashby", 5, 1), ("Pía", "Peña-Ruiz", 9), ("Olive", "O'Brien", 2), ("Kim", "Kaur", 5))
    )
    assert asked(ash, ada) == ("Testshire SEN team", "the mailbox of the SEN team"), "as the import left it"
    officers = f"""officers:
  - {{name: Every Body, email: every@t.example}}
  - {{name: Letters, email: letters@t.example, for: {{surnames: N to P}}}}
  - {{name: Years, email: years@t.example, for: {{years: 7 to 11}}}}
  - {{name: School, email: school@t.example, from: 2026-10-01, for: {{schools: ["900031", "123456"], surnames: A to J}}}}
  - {{name: Own, email: own@t.example, until: 2026-12-31, for: {{pupils: [{upn(1)}]}}}}
"""
    assert loads(ash, officers).strange_schools == ("123456",)
    assert asked(ash, ada) == ("Own", "officer for this pupil")
    assert asked(ash, ada, "2027-01-01") == ("School", "officer for this school, surnames A to J"), "an officer is one until their last day"
    assert asked(ash, peter) == asked(ash, olive) == ("Letters", "officer for surnames N to P"), "of those alike the first in the file"
    assert asked(ash, kim) == asked(ash, kim, "2027-01-01") == ("Every Body", "officer for everybody")
    loads(ash, "officers:\n  - {name: Years, email: years@t.example, for: {years: 7 to 11}}\n")
    assert asked(ash, peter)[0] == "Years" and asked(ash, kim) == ("Testshire SEN team", "the mailbox of the SEN team")
    with ash.engines.scheduler() as session:
        assert session.execute(text("SELECT count(*), count(ended_at) FROM la_profiles")).one() == (2, 1), "what was in force before can be read"


def test_a_mailbox_that_is_a_person_there_as_well_has_notices_as_that_person(ash: Village) -> None:
    case = pupil(ash, "Amy", "Alder", 5)
    loads(ash, "officers:\n  - {name: Years, email: years@t.example}\n")
    assert notices(ash, case) == ("Testshire SEN team", True)
    loads(ash, "officers:\n  - {name: Duty Desk, email: SEN@testshire.example}\n")
    assert notices(ash, case) == ("Duty Desk", False)
    loads(ash, "notices: officer\nofficers:\n  - {name: Years, email: years@t.example}\n")
    assert notices(ash, case) == ("Years", False)


def test_an_order_leaves_out_an_officer_a_level_and_the_mailbox_of_somebody_of_the_family(ash: Village) -> None:
    case = pupil(ash, "Edi", "Ellis", 4)
    named = "officers:\n  - {name: Any Officer, email: any@t.example}\n"
    loads(ash, named + "escalation:\n  manager: {name: First, email: first@t.example}\n  head_of_service: {name: Second, email: second@t.example}\n")
    orders = """
        INSERT INTO families (pupil_id, person_id, school_id, relationship, no_contact)
        SELECT c.pupil_id, p.id, c.school_id, 'father', true FROM cases c, persons p WHERE c.ref = :case AND p.external_id LIKE 'la:031:%'
          AND p.email = ANY (:emails)
    """
    with ash.engines.scheduler() as session:
        session.execute(text(orders), {"case": case, "emails": ["any@t.example", "first@t.example"]})
        (number,) = session.scalars(text("SELECT id FROM cases WHERE ref = :case"), {"case": case})
        assert [one.name for one in la_routes(session, [number], day("2026-09-21")).escalation[number]] == ["Second"]
    assert asked(ash, case)[0] == notices(ash, case)[0] == "Testshire SEN team", "the authority itself, where nobody is named"
    loads(ash, "officers:\n  - {name: Only One, email: SEN@testshire.example}\n")
    with ash.engines.scheduler() as session:
        session.execute(text(orders), {"case": case, "emails": ["SEN@testshire.example"]})
        assert people_for(session, case, "la", day("2026-09-21")) == [], "a mailbox at that person's own address is theirs"
        assert not la_routes(session, [number], day("2026-09-21")).mailboxes


def test_without_a_profile_the_imports_mailbox_is_the_person_that_it_brought(engines: Engines) -> None:
    oak = shipped_village(engines, "900033", today=date(2026, 9, 21))
    case = pupil(oak, "Ann", "Abel", 5)
    with engines.scheduler() as session:
        team, other = (
            Person(kind="outside", given_name="", family_name=name, email=email)
            for name, email in (("SEN team", "Sen@testshire.example"), ("Oz", "oz@x.example"))
        )
        session.add_all([team, other])
        session.flush()
        session.add_all(AuthorityContact(authority_id=oak.authority_id, person_id=one.id, role="la") for one in (team, other))
    assert notices(oak, case) == ("SEN team", False)


def test_an_officer_of_a_pupil_is_seen_by_that_pupils_school_alone_and_is_never_handed_on(ash: Village) -> None:
    pupil(ash, "Bea", "Birch", 5, 2)
    loads(ash, f"officers:\n  - {{name: Own, email: own@t.example, for: {{pupils: [{upn(2)}]}}}}\n")
    other = ash.rows("SELECT id FROM schools WHERE urn = '900032'")[0].id
    seen = []
    for school in (ash.school_id, other):
        with ash.engines.app([school]) as session:
            (shown,) = la_profiles(session, "031")
            count = session.scalar(text("SELECT count(*) FROM la_profile_people WHERE pupil_id IS NOT NULL"))
            seen.append((shown.for_pupils, count, [one.contact.name for one in shown.profile.officers], shown.profile.mailbox))
    assert seen == [(1, 2, [], "sen@testshire.example"), (0, 0, [], "sen@testshire.example")]


def test_a_pupil_who_is_not_ours_or_anothers_is_refused_and_nothing_is_changed(ash: Village) -> None:
    case = pupil(ash, "Cy", "Cox", 5, 3)
    loads(ash, "officers:\n  - {name: Before, email: before@t.example}\n")
    with ash.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET authority_id = (SELECT id FROM authorities WHERE code = '032') WHERE upn = :upn"), {"upn": upn(3)})
    with pytest.raises(DefinitionErrors) as refused:
        loads(ash, f"officers:\n  - {{name: Own, email: own@t.example, for: {{pupils: [{upn(3)}, {upn(4)}]}}}}\n")
    told = [str(one) for one in refused.value.problems]
    assert told == [
        f"testshire.yaml:5: another authority (032) keeps the plan of the pupil {upn(3)}. Put the pupil into its profile.",
        f"testshire.yaml:5: no pupil of yours has the UPN {upn(4)}. Correct it, or leave this pupil out.",
    ]
    with ash.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET authority_id = :own WHERE upn = :upn"), {"own": ash.authority_id, "upn": upn(3)})
    assert asked(ash, case)[0] == "Before"


def test_what_is_asked_for_early_moves_our_reminders_and_no_date_of_law(ash: Village) -> None:
    loads(ash, "")
    case = pupil(ash, "Di", "Dale", 5)
    ash.decide(case, "agree_meeting_date", "2026-09-21", meeting_on=day("2026-11-05"))
    before = ash.open_rows(case)["circulate_advice"]
    assert (before.due_on, before.lead_on) == (day("2026-10-21"), None)
    loaded = loads(ash, EARLY)
    assert case in loaded.cases
    loads(ash, EARLY)  # whoever loaded it died before the rows were written, and another loads the same once more
    assert ash.open_rows(case)["circulate_advice"].lead_on is None
    assert case in ash.ledger.write_lead_times() and ash.ledger.write_lead_times() == []
    row = ash.open_rows(case)["circulate_advice"]
    assert (row.due_on, row.safe_on, row.why, row.lead_on) == (before.due_on, before.safe_on, before.why, day("2026-10-01"))
    assert row.chase_on[:2] == [day("2026-09-24"), day("2026-09-30")] and row.chase_on[2:] == before.chase_on[2:], "what is late is late as ever"
    assert ash.ledger.verify(case) == []
    assert sweep_all(ash.engines, day("2026-09-24")) >= 1 and ash.open_rows(case)["circulate_advice"].rung == 1
    again = pupil(ash, "Ed", "Elm", 5)
    ash.decide(again, "agree_meeting_date", "2026-09-21", meeting_on=day("2026-11-05"))
    assert ash.open_rows(again)["circulate_advice"].chase_on == row.chase_on, "the next act counts with it"
    with ash.engines.app([ash.school_id]) as session:
        said = la_of_case(session, again, day("2026-09-24"))
    assert said is not None and said.lead_on == {row.no: row.lead_on} and said.lead_times["circulate_advice"].by.startswith("25 working days")


def test_an_authority_cannot_put_off_what_the_law_dates(ash: Village) -> None:
    loads(ash, LATER)
    case = pupil(ash, "Flo", "Fir", 5)
    ash.decide(case, "agree_meeting_date", "2026-09-21", meeting_on=day("2026-11-05"))
    row = ash.open_rows(case)["circulate_advice"]
    assert (row.due_on, row.lead_on) == (day("2026-10-21"), None) and row.chase_on[0] == row.due_on - timedelta(days=7)
    assert ash.ledger.verify(case) == []


def test_a_later_file_of_contacts_takes_neither_officer_nor_mailbox_away_from_a_profile(ash: Village) -> None:
    case = pupil(ash, "Gus", "Gorse", 5)
    contacts = "LA code,LA name,Contact name,Email,Role\n031,Testshire,SEN team,old@testshire.example,SEN team\n"
    for more, expected in (("officers:\n  - {name: Officer, email: o@t.example}\n", "Officer"), ("", "Testshire SEN team")):
        loads(ash, more)
        with ash.engines.scheduler() as session:
            import_files(session, {"la_contacts.csv": contacts.encode()}, actor_id=None, today=ash.clock.today())
        assert asked(ash, case)[0] == expected
    assert ash.rows("SELECT sen_email FROM authorities WHERE code = '031'")[0].sen_email == "sen@testshire.example"


def test_a_pupil_without_a_plan_who_is_being_assessed_has_an_officer_of_their_own(ash: Village) -> None:
    case = pupil(ash, "Hal", "Heath", 5, 7)
    with ash.engines.scheduler() as session:  # as the import leaves whoever has no plan: their LA is the school's
        session.execute(text("UPDATE pupils SET authority_id = NULL WHERE upn = :upn"), {"upn": upn(7)})
    loads(ash, f"officers:\n  - {{name: Own, email: own@t.example, for: {{pupils: [{upn(7)}]}}}}\n  - {{name: Rest, email: rest@t.example}}\n")
    assert asked(ash, case) == ("Own", "officer for this pupil")


def test_a_file_with_two_teams_of_one_la_gives_it_one_mailbox_however_often_it_comes(ash: Village) -> None:
    rows = (
        "034,Westshire,SEN team,sen@west.example,SEN team", "034,Westshire,Early years,early@west.example,SEN team",
        "034,Westshire,Cas Officer,cas@west.example,Case officer",
    )  # fmt: skip
    content = "\n".join(("LA code,LA name,Contact name,Email,Role", *rows)).encode()
    found = []
    for _ in range(3):
        with ash.engines.scheduler() as session:
            report = import_files(session, {"la_contacts.csv": content}, actor_id=None, today=ash.clock.today())
        found.append(ash.rows("SELECT sen_email FROM authorities WHERE code = '034'")[0].sen_email)
    assert found == ["sen@west.example"] * 3
    (note,) = report.files[0].counts.notes
    assert (note.line, note.column) == (4, "Role") and "profile" in note.reason
