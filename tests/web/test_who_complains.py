"""A parent's complaint in a family of two households: whoever complains hears and answers; the other hears nothing and closes nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.ledger import Refused
from db.links import Links
from db.models import Family, Person
from db.outbox import spread
from db.queries.adults import adults_of
from db.queries.people import people_for
from db.signing_key import signing_keys
from tests.db.ledger_story import day
from tests.web.site import Site, form_of

FACTS = {"received_on": day("2026-11-02"), "made": "in_writing", "about": "provision", "serious_about_provision": False}
TODAY = day("2026-11-24")


def relative(site: Site, pupil: int, given: str, *, no_contact: bool = False, responsible: bool = True, kind: str = "father") -> int:
    """Another adult, with parental responsibility or as a carer without; their id."""
    with site.engines.scheduler() as session:
        made = Person(kind="family", given_name=given, family_name="Elsewhere", email=f"{given}@elsewhere.example".lower(), school_ids=[site.ash])
        session.add(made)
        session.flush()
        held = Family(
            pupil_id=pupil, person_id=made.id, school_id=site.ash, relationship=kind, parental_responsibility=responsible, no_contact=no_contact
        )
        session.add(held)
        return made.id


def opened(site: Site, pupil: int, **facts: object) -> str:
    said = {**FACTS, **facts}
    return site.ledger.open_case(site.actor("senco"), key=uuid4(), process="complaint", pupil_id=pupil, facts=said, on=day("2026-11-02")).case


def parents(site: Site, case: str) -> list[str]:
    with site.engines.scheduler() as session:
        return [one.name for one in people_for(session, case, "parent", TODAY)]


def parent_of(site: Site, pupil: int) -> int:
    with site.engines.scheduler() as session:
        return next(one.person_id for one in adults_of(session, pupil) if one.relationship == "mother")


def link_of(site: Site, case: str, person: int) -> str:
    with site.engines.scheduler() as session:
        token = Links(signing_keys(site.settings)).make(
            session, case=case, step="parents_on_answer", party="", round=1, role="parent", person_id=person, expires_on=date(2027, 6, 1)
        )
    return f"/l/{token}"


def test_whoever_complains_is_the_parent_and_the_other_household_closes_nothing(site: Site) -> None:
    pupil = site.pupil("Two", "Homes")
    father = relative(site, pupil, "Fay")
    with pytest.raises(Refused, match=r"Say who complains \(complainant\): \d+ \(mother\), \d+ \(father\), 0"):
        opened(site, pupil)
    senco, start = site.client("senco"), f"/start/complaint/{pupil}"
    shown = senco.get(start).text
    assert "Mother of Two (mother)" in shown and "Fay Elsewhere (father)" in shown and "checked" not in shown
    mother = int(re.findall(r'value="(\d+)"[^>]*>\s*<label[^>]*>\s*Mother of Two', shown)[0])
    case = opened(site, pupil, complainant=mother)
    assert parents(site, case) == ["Mother of Two"]
    site.records(case, "acknowledge", "2026-11-03", answer_by=day("2026-11-20"))
    site.records(case, "respond", "2026-11-10", role="headteacher", finding="not_upheld")
    home = site.client("")
    answer = {"outcome": "satisfied"}
    mine, theirs = link_of(site, case, mother), link_of(site, case, father)
    form = form_of(home, mine, **answer)
    assert home.get(theirs).status_code != 200 and home.post(theirs, data=form).status_code != 200
    assert "parents_on_answer" in {one.step for one in site.ledger.position(case)[1].open()}
    assert home.post(mine, data=form).status_code == 200
    assert "parents_on_answer" not in {one.step for one in site.ledger.position(case)[1].open()}
    page = senco.get(f"/cases/{case}").text
    assert "Mother of Two" in page and f">{mother}<" not in page, "the page names the person, not their number"


def test_in_a_family_of_one_they_are_known_and_nobody_else_is_written_to_whoever_comes_later(site: Site) -> None:
    pupil = site.pupil("One", "Home")
    assert 'type="radio" value="0"' in (shown := site.client("senco").get(f"/start/complaint/{pupil}").text) and "checked" in shown
    case = opened(site, pupil)
    relative(site, pupil, "Late")
    assert parents(site, case) == ["Mother of One"]


def test_two_parents_who_complain_on_one_day_are_each_answered(site: Site) -> None:
    pupil = site.pupil("Both", "Complain")
    father = relative(site, pupil, "Also")
    mother = parent_of(site, pupil)
    first, second = (opened(site, pupil, complainant=one) for one in (mother, father))
    assert first != second and opened(site, pupil, complainant=father) == second
    assert (parents(site, first), parents(site, second)) == (["Mother of Both"], ["Also Elsewhere"])


def test_a_carer_without_parental_responsibility_complains_and_answers_for_themselves(site: Site) -> None:
    pupil = site.pupil("In", "Care")
    carer = relative(site, pupil, "Foster", responsible=False, kind="foster carer")
    with pytest.raises(Refused, match=r"Say who complains \(complainant\): \d+ \(mother\), \d+ \(foster carer\), 0"):
        opened(site, pupil)
    case, review = opened(site, pupil, complainant=carer), site.review("Rev")
    assert parents(site, case) == ["Foster Elsewhere"], "the mother hears nothing of it"
    with site.engines.scheduler() as session:
        other = session.connection().exec_driver_sql("SELECT pupil_id FROM cases WHERE ref = %s", (review,)).scalar_one()
    relative(site, other, "Grand", responsible=False, kind="grandparent")
    assert parents(site, review) == ["Mother of Rev"], "elsewhere a parent's rights are of who has the responsibility"
    site.records(case, "acknowledge", "2026-11-03", answer_by=day("2026-11-20"))
    site.records(case, "respond", "2026-11-10", role="headteacher", finding="not_upheld")
    home = site.client("")
    mine = link_of(site, case, carer)
    assert home.post(mine, data=form_of(home, mine, outcome="satisfied")).status_code == 200
    assert site.client("").get(link_of(site, case, parent_of(site, pupil))).status_code != 200


def test_a_stranger_and_whom_an_order_keeps_away_complain_in_nobodys_place(site: Site) -> None:
    pupil = site.pupil("Kept", "Away")
    kept_away = relative(site, pupil, "Order", no_contact=True)
    for person in (kept_away, site.people[site.ash, "senco"]):
        with pytest.raises(Refused, match="nobody of the family whom the school may write to"):
            opened(site, pupil, complainant=person)
    case = opened(site, pupil, complainant=0)
    assert parents(site, case) == [], "somebody whom the school does not know is told by a person"
    correct = {"case": case, "fact": "complainant", "because": "she is her mother", "on": TODAY}
    with pytest.raises(Refused, match="nobody of the family whom the school may write to"):
        site.ledger.correct(site.actor("senco"), key=uuid4(), value=kept_away, **correct)
    senco, path = site.client("senco"), f"/cases/{case}/correct/complainant"
    choices = senco.get(path).text
    mother = re.findall(r'value="(\d+)"[^>]*>\s*<label[^>]*>\s*Mother of Kept', choices)[0]
    assert "Order Elsewhere" not in choices
    assert senco.post(path, data=form_of(senco, path, **{"fact.complainant": mother}, because="she is her mother")).status_code == 200
    assert parents(site, case) == ["Mother of Kept"]


def test_reviews_go_to_both_homes_as_before(site: Site) -> None:
    case = site.review("Ivy")
    with site.engines.scheduler() as session:
        pupil = session.connection().exec_driver_sql("SELECT pupil_id FROM cases WHERE ref = %s", (case,)).scalar_one()
    relative(site, pupil, "Both")
    assert sorted(parents(site, case)) == ["Both Elsewhere", "Mother of Ivy"]


def test_who_is_found_to_complain_is_asked_what_the_other_was_asked(site: Site) -> None:
    pupil = site.pupil("Tim", "Twohomes")
    father = relative(site, pupil, "Finn")
    with site.engines.scheduler() as session:
        mother = next(number for number in session.scalars(select(Family.person_id).where(Family.pupil_id == pupil)) if number != father)
    case = opened(site, pupil, complainant=mother)
    site.records(case, "acknowledge", "2026-11-03", answer_by=day("2026-11-20"))
    site.records(case, "respond", "2026-11-04", role="headteacher", finding="upheld")
    spread_all(site)  # what was owed until then has gone to the mother
    site.ledger.correct(site.actor("senco"), key=uuid4(), case=case, fact="complainant", value=father, because="it was the father", on=TODAY)
    with site.engines.scheduler() as session:
        while spread(session, datetime(2026, 11, 24, 12, tzinfo=UTC)).rows:
            pass
        asked = (
            "SELECT d.step, d.template FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.person_id = %s AND d.no IS NOT NULL"
        )
        told = session.connection().exec_driver_sql(asked, (case, father)).all()
    assert [tuple(row) for row in told] == [("parents_on_answer", "complaint/parents_on_answer.opened")]


def spread_all(site: Site) -> None:
    with site.engines.scheduler() as session:
        while spread(session, datetime(2026, 11, 24, 12, tzinfo=UTC)).rows:
            pass
