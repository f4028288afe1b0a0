"""A complaint about the headteacher, from that headteacher's chair: nothing in it is theirs to read, record, correct, end, erase or staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from db.absences import NewAbsence, say_away
from db.acts.errors import NotAllowed, NotFound
from db.contacts import roles_to_fill
from db.ledger import Act
from db.links import Links
from db.models import Case, Delivery, Membership, Person, School
from db.outbox import spread
from db.queries.people import people_for
from db.queries.unowned import unowned_told
from db.signing_key import signing_keys
from db.unowned import tell_unowned
from notifications.compose import compose
from notifications.lines import line_of
from notifications.reader import reader_of
from rules.history import Event, Refused
from tests.db.builders import staff
from tests.db.ledger_story import day
from tests.web.complaint_story import CEO, HEAD, answered, complaint, told
from tests.web.site import Site, form_of

ON = day("2026-11-24")
LEAD = "trust_send_lead"
NO_SUCH_CASE = "There is no case"


@pytest.fixture(scope="module", autouse=True)
def trust(site: Site) -> None:
    """A chief executive, and a headteacher of Birch who has no part in Ash."""
    with site.engines.scheduler() as session:
        chief = staff(session, session.get_one(School, site.ash), "Chief", "Exec")
        session.add(Membership(person_id=chief.id, school_id=site.ash, role=CEO))
        site.people[site.ash, CEO] = chief.id


def test_the_head_finds_no_such_case_on_any_page(site: Site) -> None:
    case = answered(site, "Ann")
    head = site.client(HEAD)
    for path in ("", "/contacts", "/correct/finding", "/end/opened_in_error", "/correct-outcome/acknowledge"):
        assert head.get(f"/cases/{case}{path}").status_code == 404, path
    assert case not in head.get("/cases").text and case not in head.get("/").text
    for role in ("senco", LEAD, CEO):
        assert site.client(role).get(f"/cases/{case}").status_code == 200, role


def test_a_line_that_tells_the_head_of_it_leads_to_no_page(site: Site) -> None:
    about = {"head": answered(site, "Nan"), "staff": answered(site, "Oda", "member_of_staff")}
    with site.engines.scheduler() as session:
        spread(session, datetime(2026, 11, 24, 12, tzinfo=UTC), 10_000)
    leads = {}
    with site.engines.scheduler() as session:
        for whom, case in about.items():
            asked = select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == case, Delivery.to_role == HEAD)
            delivery = session.scalars(asked.order_by(Delivery.id)).first()
            assert delivery is not None, "the head is told that it has been acknowledged"
            links = Links(signing_keys(site.settings))
            leads[whom] = str(line_of(session, delivery, reader_of(session, delivery), origin=site.url, links=links, today=ON).link)
    assert leads == {"head": "", "staff": f"{site.url}/cases/{about['staff']}"}


def test_what_is_about_somebody_else_stays_the_heads(site: Site) -> None:
    case = answered(site, "Bob", "member_of_staff")
    assert site.client(HEAD).get(f"/cases/{case}/correct/finding").status_code == 200


ACTS: dict[str, Callable[[Site, str, UUID], object]] = {
    "corrects the finding": lambda s, c, k: s.ledger.correct(s.actor(HEAD), key=k, case=c, fact="finding", value="not_upheld", because="x", on=ON),
    "ends it": lambda s, c, k: s.ledger.interrupt(s.actor(HEAD), key=k, case=c, name="opened_in_error", because="x", on=ON),
    "records the parents' words": lambda s, c, k: s.ledger.decide(s.actor(HEAD), key=k, case=c, step="parents_on_answer", outcome="satisfied", on=ON),
    "corrects an outcome": lambda s, c, k: s.ledger.correct_outcome(
        s.actor(HEAD), key=k, case=c, step="parents_on_answer", outcome="satisfied", because="x", on=ON
    ),
    "does many at once": lambda s, c, k: s.ledger.apply_many(s.actor(HEAD), [Act(k, c, Event("interrupt", ON, name="withdrawn"))]),
    "erases the words": lambda s, c, k: s.ledger.erase_private(s.actor(HEAD), key=k, case=c, on=ON),
}


@pytest.fixture(scope="module")
def standing(site: Site) -> str:
    return answered(site, "Cat")


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_the_head_does_nothing_in_it(site: Site, standing: str, act: Callable[[Site, str, UUID], object]) -> None:
    before = site.acts(standing)
    with pytest.raises(NotFound, match=NO_SUCH_CASE):
        act(site, standing, uuid4())
    assert site.acts(standing) == before
    with site.engines.scheduler() as session:
        kept = text("SELECT count(*) FROM private_texts t JOIN cases c ON c.id = t.case_id WHERE c.ref = :case")
        assert session.scalar(kept, {"case": standing}) == 1


def test_nor_in_another_role_of_theirs_and_whoever_stands_in_for_them_does_only_their_own(site: Site) -> None:
    case, head, senco = answered(site, "Dan"), site.people[site.ash, HEAD], site.people[site.ash, "senco"]
    with site.engines.scheduler() as session:
        post = Membership(person_id=head, school_id=site.ash, role=LEAD)
        session.add(post)
        session.flush()
        with pytest.raises(NotFound):
            site.ledger.interrupt(site.actor(HEAD), key=uuid4(), case=case, name="withdrawn", because="x", on=ON)
    with pytest.raises(NotFound):
        site.ledger.interrupt(site.actor(HEAD), key=uuid4(), case=case, name="withdrawn", because="x", on=ON)
    definition, position, _ = site.ledger.position(case)
    assert roles_to_fill(definition, position.facts, (LEAD,)) and not roles_to_fill(definition, position.facts, (HEAD, LEAD))
    with site.engines.scheduler() as session:
        session.execute(text("DELETE FROM memberships WHERE person_id = :head AND role = :role"), {"head": head, "role": LEAD})
        say_away(session, NewAbsence(head, senco, ON, None), by=head, today=ON, now=site.clock.now())
    with pytest.raises(NotAllowed, match="chief executive"):  # as SENCO, and as deputy of the head, the finding is not hers
        site.ledger.correct(site.actor("senco"), key=uuid4(), case=case, fact="finding", value="not_upheld", because="x", on=ON)
    with site.engines.scheduler() as session:
        session.execute(text("UPDATE absences SET ended_at = now() WHERE person_id = :head"), {"head": head})


@pytest.mark.parametrize("how", ["deputy", "lead"])
def test_nor_do_they_read_it_in_another_role(site: Site, how: str) -> None:
    """The head alone says that the SENCO is ill, and names themselves: that opened the complaint about them, with the mother's own words."""
    case, other = answered(site, f"Pam {how}"), answered(site, f"Quin {how}", "member_of_staff")
    head, senco = site.people[site.ash, HEAD], site.people[site.ash, "senco"]
    with site.engines.scheduler() as session:
        if how == "deputy":
            say_away(session, NewAbsence(senco, head, ON, None), by=head, today=ON, now=site.clock.now())
        else:
            session.add(Membership(person_id=head, school_id=site.ash, role=LEAD))
    try:
        browser = site.client(HEAD)
        assert browser.get(f"/cases/{case}").status_code == 404 and browser.get(f"/cases/{other}").status_code == 200
        for path in ("/", "/cases", "/messages"):
            shown = browser.get(path)
            assert shown.status_code == 200 and case not in shown.text and "headteacher alone" not in shown.text, path
        assert browser.get(f"/cases/{other}/contacts").status_code == 200, "what their roles allow is as it was"
    finally:
        with site.engines.scheduler() as session:
            session.execute(text("UPDATE absences SET ended_at = now() WHERE person_id = :senco AND ended_at IS NULL"), {"senco": senco})
            session.execute(text("DELETE FROM memberships WHERE person_id = :head AND role = :role"), {"head": head, "role": LEAD})


def test_the_head_does_not_open_a_complaint_about_themselves(site: Site) -> None:
    facts = {"received_on": day("2026-11-02"), "made": "in_writing", "about": HEAD, "serious_about_provision": False}
    pupil = site.pupil("Eve", "Zulu")
    with pytest.raises(NotAllowed, match="is for the SENCO, the trust SEND lead or the chief executive at the pupil's school"):
        site.ledger.open_case(site.actor(HEAD), key=uuid4(), process="complaint", pupil_id=pupil, facts=facts, on=day("2026-11-02"))


def test_the_chief_executive_opens_what_is_about_a_head_and_nothing_else(site: Site) -> None:
    pupil, chief = site.pupil("Eli", "Zulu"), site.client(CEO)
    facts = {"received_on": day("2026-11-02"), "made": "in_writing", "about": HEAD, "serious_about_provision": False}
    assert chief.get(f"/start/complaint/{pupil}").status_code == 200 and chief.get(f"/start/annual_review/{pupil}").status_code == 403
    given = {"process": "complaint", "pupil_id": pupil, "on": day("2026-11-02")}
    with pytest.raises(NotAllowed, match="Ask them to open it"):
        site.ledger.open_case(site.actor(CEO), key=uuid4(), facts={**facts, "about": "provision"}, **given)
    assert site.ledger.open_case(site.actor(CEO), key=uuid4(), facts=facts, **given).case


def in_the_trusts_hands(site: Site) -> dict[str, tuple[str, bool]]:
    """Cases about who alone could act in them, as the trust is told of them by now: the role, and whether it is because of that."""
    with site.engines.scheduler() as session:
        tell_unowned(session, ON)
        return {one.about: (one.owner, one.aside) for one in unowned_told(session) if one.about}


def test_where_the_head_is_the_senco_too_the_trust_is_told_and_does_it(site: Site) -> None:
    head, senco = site.people[site.ash, HEAD], site.people[site.ash, "senco"]
    case, other = complaint(site, "Ned"), complaint(site, "Ora", "provision")
    assert case not in in_the_trusts_hands(site), "the SENCO can act"

    def swap(one: int, other: int) -> None:
        with site.engines.scheduler() as session:
            session.execute(text(f"UPDATE memberships SET person_id = {other} WHERE person_id = {one} AND role = 'senco'"))

    swap(senco, head)
    try:
        site.records(case, "respond_for_trust", "2026-11-10", role=CEO, finding="upheld")
        assert case not in in_the_trusts_hands(site), "the mother is next, and no step of the SENCO is open"
        site.records(case, "parents_on_answer", "2026-11-12", role=CEO, outcome="satisfied")
        assert in_the_trusts_hands(site).get(case) == ("senco", True) and other not in in_the_trusts_hands(site)
        with site.engines.scheduler() as session:
            assert {one.person_id for one in people_for(session, case, "senco", ON)} == {site.people[site.ash, LEAD]}
            assert {one.person_id for one in people_for(session, other, "senco", ON)} == {head}
            spread(session, datetime(2026, 11, 24, 12, tzinfo=UTC), 10_000)
            mail = select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == case, Delivery.moment == "no_able_owner")
            said = compose(session, session.scalars(mail).one(), origin=site.url, links=Links(signing_keys(site.settings)), today=ON).html
            assert "alone could act as <strong>SENCO</strong>" in said
        assert f'href="/cases/{case}">{case}</a> is about the only person who could' in site.client(LEAD).get("/").text
        assert f"/cases/{case}/decide/keep_record" in site.client(CEO).get(f"/cases/{case}").text
        site.records(case, "keep_record", "2026-11-13", role=LEAD)
        assert site.ledger.position(case)[1].ended and case not in in_the_trusts_hands(site)
    finally:
        swap(head, senco)


def test_the_trusts_finding_is_corrected_by_the_trust_and_the_mother_hears_of_it(site: Site) -> None:
    case = answered(site, "Fay")
    path = f"/cases/{case}/correct/finding"
    senco = site.client("senco")
    assert path not in senco.get(f"/cases/{case}").text
    refused = senco.post(path, data=form_of(senco, path, **{"fact.finding": "not_upheld"}, because="typing"))
    assert refused.status_code == 422 and "trust SEND lead or the chief executive" in refused.text
    for role in (LEAD, CEO):
        browser = site.client(role)
        assert path in browser.get(f"/cases/{case}").text
        now = site.ledger.position(case)[1].facts["finding"]
        other = "not_upheld" if now == "upheld" else "upheld"
        assert browser.post(path, data=form_of(browser, path, **{"fact.finding": other}, because="a slip")).status_code == 200
        assert told(site, case)["shared/corrected"] == {"parent", "ceo"}


def test_however_it_ends_the_mother_and_the_chief_executive_hear_of_it(site: Site) -> None:
    case = complaint(site, "Gus")
    site.ledger.interrupt(site.actor("senco"), key=uuid4(), case=case, name="opened_in_error", because="x", on=ON)
    assert told(site, case)["complaint/interrupted.opened_in_error"] == {"parent", HEAD, CEO}
    definition = site.ledger.position(case)[0]
    ways = [*definition.ends.values(), *definition.interrupts.values()]
    assert [way.name for way in ways if not {"parent", "ceo"} <= set(way.tells)] == []


def test_silence_is_recorded_after_the_day_alone_also_by_correcting(site: Site) -> None:
    case = answered(site, "Hal")
    with pytest.raises(Refused, match="They may answer until 2026-12-01"):
        site.records(case, "parents_on_answer", "2026-11-11", outcome="nothing_said")
    site.records(case, "parents_on_answer", "2026-11-12", outcome="satisfied")
    with pytest.raises(Refused, match="They may answer until 2026-12-01"):
        site.ledger.correct_outcome(site.actor("senco"), key=uuid4(), case=case, step="parents_on_answer", outcome="nothing_said", because="x", on=ON)


def test_what_a_mother_said_by_her_link_is_not_turned_without_her_hearing_of_it(site: Site) -> None:
    case = answered(site, "Ida", "member_of_staff")
    with site.engines.scheduler() as session:
        mother = session.scalar(text("SELECT f.person_id FROM families f JOIN cases c USING (pupil_id) WHERE c.ref = :case"), {"case": case})
        token = Links(signing_keys(site.settings)).make(
            session, case=case, step="parents_on_answer", party="", round=1, role="parent", person_id=mother, expires_on=date(2027, 6, 1)
        )
    asked = {f"fact.panel_asked_on-{part}": value for part, value in (("day", "12"), ("month", "11"), ("year", "2026"))}
    home = site.client("")
    assert home.post(f"/l/{token}", data=form_of(home, f"/l/{token}", outcome="wants_panel", **asked)).status_code == 200
    senco, path = site.client("senco"), f"/cases/{case}/correct-outcome/parents_on_answer"
    assert senco.post(path, data=form_of(senco, path, outcome="satisfied", comment="she rang")).status_code == 200
    assert told(site, case)["shared/corrected"] == {"parent", "ceo"}


def test_a_council_hears_that_its_decision_by_link_was_corrected_and_a_letter_that_we_recorded_is_ours(site: Site) -> None:
    by_link, by_post = site.review("Jim"), site.review("Kay")
    for case in (by_link, by_post):
        site.records(case, "agree_meeting_date", "2026-09-12", meeting_on=day("2026-10-20"))
        site.records(case, "hold_meeting", "2026-10-20")
    council, path = site.client(""), site.link(by_link)
    decided = {f"fact.decision_on-{part}": value for part, value in (("day", "2"), ("month", "11"), ("year", "2026"))}
    assert council.post(path, data=form_of(council, path, outcome="maintain", **decided)).status_code == 200
    site.records(by_post, "la_decision", "2026-11-02", outcome="maintain", decision_on=day("2026-11-02"))
    for case in (by_link, by_post):
        site.ledger.correct(site.actor("senco"), key=uuid4(), case=case, fact="decision_on", value=day("2026-11-03"), because="misread", on=ON)
    assert told(site, by_link)["shared/corrected"] == {"la"} and "shared/corrected" not in told(site, by_post)


def put(browser: httpx.Client, case: str, role: str, email: str) -> httpx.Response:
    path = f"/cases/{case}/contacts"
    return browser.post(path, data=form_of(browser, path, role=role, given_name="Pat", family_name="Elm", email=email))


def test_a_panel_is_named_by_the_trust_of_three_who_are_not_of_the_school(site: Site) -> None:
    case = answered(site, "Lou")
    with site.engines.scheduler() as session:
        address = {role: session.get_one(Person, site.people[site.ash, role]).email for role in (HEAD, LEAD)}
        address["birch"] = session.get_one(Person, site.people[site.birch, HEAD]).email
    senco, chief = site.client("senco"), site.client(CEO)
    assert "Choose whose place it is" in put(senco, case, "panel_chair", "friend@panel.example").text, "the seats are the trust's to fill"
    assert "the school&#39;s own staff" in put(chief, case, "panel_chair", address[HEAD].upper()).text
    assert "the school&#39;s own staff" in put(chief, case, "panel_member", address[LEAD]).text
    assert put(chief, case, "panel_chair", "chair@panel.example").status_code == 200
    assert put(chief, case, "panel_member", address["birch"]).status_code == 200, "a head of another school of the trust may sit"
    assert "the trust&#39;s own staff" in put(chief, case, "independent_panel_member", address["birch"]).text, "but is not independent of who runs it"
    assert "sits on this panel already" in put(chief, case, "independent_panel_member", "Chair@panel.example").text
    assert "of the pupil&#39;s family" in put(chief, case, "independent_panel_member", "mother.lou@home.example").text
    assert put(chief, case, "independent_panel_member", "third@panel.example").status_code == 200


def test_nobody_of_ours_stands_in_for_a_body_outside(site: Site) -> None:
    case = site.review("May")
    with site.engines.scheduler() as session:
        mine = session.get_one(Person, site.people[site.ash, "senco"]).email
    senco = site.client("senco")
    assert "Choose whose place it is" in put(senco, case, "la", mine).text, "the LA's officers come with the import and its profile"
    assert "the trust&#39;s own staff" in put(senco, case, "health", mine).text
    assert put(senco, case, "health", "nurse@health.example").status_code == 200
