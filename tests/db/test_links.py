"""Signed links: a link alone decides once, for one step, round and person, and every wrong one says why (faults.md A6, K5, O8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.engine import Engines
from db.ledger import Actor, LinkUsed, NotAllowed
from db.links import Link, LinkRefused, Links, LinkWithdrawn
from db.links_held import CannotWithdraw, allow_again, links_held, withdraw_link
from db.queries.people import people_for
from db.settings import Settings
from db.signing_key import SigningKeyError, signing_keys
from tests.db.ledger_story import TODAY, Village, noon, village

KEY, NEXT_KEY = "k" * 40, "n" * 40
EXPIRES = date(2026, 12, 24)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def links() -> Links:
    return Links([KEY])


def parents_link(ash: Village, links: Links, case: str, *, expires_on: date = EXPIRES, round: int = 1) -> str:
    with ash.engines.scheduler() as session:
        mother = people_for(session, case, "parent", TODAY)[0].person_id
        return links.make(
            session, case=case, step="gather_advice", party="parent", round=round, role="parent", person_id=mother, expires_on=expires_on
        )


def actor_of(link: Link) -> Actor:
    return Actor(link.person_id, frozenset({link.school_id}), "link", link=link.id, role=link.role)


def refused(ash: Village, links: Links, token: str, today: date = TODAY) -> LinkRefused:
    with pytest.raises(LinkRefused) as caught:
        links.read(ash.engines, token, today)
    assert "Ada" not in caught.value.message and "AR-" not in caught.value.message
    return caught.value


def test_a_link_opens_its_one_step_and_reading_records_nothing(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    for _ in range(5):
        link = links.read(ash.engines, token, TODAY)
    assert (link.case, link.step, link.party, link.round, link.role, link.school_id) == (case, "gather_advice", "parent", 1, "parent", ash.school_id)
    assert ash.rows("SELECT used_at FROM links WHERE id = %s", link.id)[0].used_at is None
    assert len(ash.rows("SELECT seq FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s", case)) == 2


def test_a_link_says_nothing_by_itself(ash: Village, links: Links) -> None:
    token = parents_link(ash, links, ash.meeting_agreed())
    assert len(token) < 120
    assert all(ch.isalnum() or ch in "-_." for ch in token)


def test_k5_a_link_decides_once(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    link = links.read(ash.engines, token, TODAY)
    receipt = ash.decide(case, "gather_advice", "2026-10-01", party="parent", by=actor_of(link), private={"views": "She likes drawing"})
    used = ash.rows("SELECT used_seq, used_at FROM links WHERE id = %s", link.id)[0]
    assert used.used_seq == receipt.seq and used.used_at is not None
    assert refused(ash, links, token).reason == "used"
    with pytest.raises((LinkUsed, NotAllowed, Exception)) as caught:
        ash.decide(case, "gather_advice", "2026-10-01", party="parent", by=actor_of(link))
    assert caught.value.__class__.__name__ in ("LinkUsed", "AlreadyDecided")


def test_a_refused_act_leaves_the_link_good(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    link = links.read(ash.engines, token, TODAY)
    with pytest.raises(Exception, match="has not come yet"):
        ash.decide(case, "gather_advice", "2027-01-01", party="parent", by=actor_of(link))
    assert links.read(ash.engines, token, TODAY) == link


@pytest.mark.parametrize(
    "other", [{"step": "la_decision", "party": ""}, {"step": "gather_advice", "party": "la"}, {"step": "hold_meeting", "party": ""}]
)
def test_a6_a_link_is_no_good_for_another_step_or_party(ash: Village, links: Links, other: dict[str, str]) -> None:
    case = ash.meeting_agreed()
    link = links.read(ash.engines, parents_link(ash, links, case), TODAY)
    with pytest.raises((LinkUsed, NotAllowed)):
        ash.decide(case, other["step"], "2026-11-06", party=other["party"], by=actor_of(link))
    assert len(ash.rows("SELECT seq FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = %s", case)) == 2


def test_a6_a_link_is_no_good_for_another_case(ash: Village, links: Links) -> None:
    link = links.read(ash.engines, parents_link(ash, links, ash.meeting_agreed()), TODAY)
    other = ash.meeting_agreed()
    with pytest.raises((LinkUsed, NotAllowed)):
        ash.decide(other, "gather_advice", "2026-10-01", party="parent", by=actor_of(link))


@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t[:-9] + ("A" if t[-9] != "A" else "B") + t[-8:],
        lambda t: t[1:],
        lambda t: "",
        lambda t: t + "x",
        lambda t: "nonsense",
        lambda t: "é\0",
    ],
)
def test_a6_an_edited_link_is_refused(ash: Village, links: Links, edit: object) -> None:
    token = parents_link(ash, links, ash.meeting_agreed())
    assert refused(ash, links, edit(token)).reason == "edited"  # type: ignore[operator]


def test_a6_a_link_signed_with_another_key_is_refused(ash: Village, links: Links) -> None:
    token = parents_link(ash, Links(["x" * 40]), ash.meeting_agreed())
    assert refused(ash, links, token).reason == "edited"


def test_a6_a_link_expires_after_its_last_day(ash: Village, links: Links) -> None:
    token = parents_link(ash, links, ash.meeting_agreed())
    assert links.read(ash.engines, token, EXPIRES).expires_on == EXPIRES
    assert refused(ash, links, token, date(2026, 12, 25)).reason == "expired"


def withdrawn(ash: Village, links: Links, case: str, token: str) -> None:
    with ash.engines.scheduler() as session:
        withdraw_link(session, case, links.number(token), by=ash.senco.person_id or 0, now=noon(TODAY))


def test_a6_a_withdrawn_link_is_refused_and_not_made_again_until_a_person_allows_it(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    longer = parents_link(ash, links, case, expires_on=date(2027, 1, 31))
    link = links.read(ash.engines, token, TODAY)
    withdrawn(ash, links, case, token)
    assert refused(ash, links, token).reason == refused(ash, links, longer).reason == "revoked", "both of hers to that step"
    with pytest.raises(LinkUsed):
        ash.decide(case, "gather_advice", "2026-10-01", party="parent", by=actor_of(link))
    with pytest.raises(CannotWithdraw):
        withdrawn(ash, links, case, token)
    with pytest.raises(LinkWithdrawn):
        parents_link(ash, links, case)
    with ash.engines.scheduler() as session:
        (one,) = links_held(session, case, TODAY)
        assert (one.reader, one.role, one.works, one.withdrawn_by) == ("Mother of Ada", "parent", False, "Senco Ash")
        allow_again(session, case, one.id, by=ash.head.person_id or 0, now=noon(TODAY))
        with pytest.raises(CannotWithdraw):
            allow_again(session, case, one.id, by=ash.head.person_id or 0, now=noon(TODAY))
        assert links_held(session, case, TODAY) == []
    fresh = parents_link(ash, links, case)
    assert fresh not in (token, longer) and links.read(ash.engines, fresh, TODAY).role == "parent"
    assert refused(ash, links, token).reason == "revoked", "what was withdrawn stays so"
    kept = ash.rows("SELECT revoked_by, allowed_by FROM links WHERE id = %s", link.id)[0]
    assert (kept.revoked_by, kept.allowed_by) == (ash.senco.person_id, ash.head.person_id)


def test_a_link_of_a_parent_whom_an_order_keeps_away_since_opens_nothing(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    with ash.engines.scheduler() as session:
        of_case = "pupil_id = (SELECT pupil_id FROM cases WHERE ref = %s)"
        session.connection().exec_driver_sql(f"UPDATE families SET no_contact = true WHERE {of_case}", (case,))
    assert refused(ash, links, token).reason == "revoked"


def test_a6_a_link_to_a_step_that_moved_on_is_refused(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    ash.decide(case, "gather_advice", "2026-10-01", party="parent")
    why = refused(ash, links, token)
    assert why.reason == "moved_on" and "Ask Ash School" in why.message, "the other parent answered first: their own views are asked for all the same"


def test_a6_a_link_to_an_ended_case_is_refused(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    token = parents_link(ash, links, case)
    ash.ledger.interrupt(ash.senco, key=uuid4(), case=case, name="moved_away", because="new school", on=TODAY)
    assert refused(ash, links, token).reason == "moved_on"


def test_a_reminder_carries_the_same_link(ash: Village, links: Links) -> None:
    case = ash.meeting_agreed()
    first = parents_link(ash, links, case)
    assert parents_link(ash, links, case) == first
    assert parents_link(ash, links, case, expires_on=date(2027, 1, 31)) != first, "a longer time needs a link that lasts as long"


def test_a_link_row_that_is_gone_is_refused_politely(ash: Village, links: Links) -> None:
    token = parents_link(ash, links, ash.meeting_agreed())
    with ash.engines.scheduler() as session:
        session.execute(text("DELETE FROM links"))
    assert refused(ash, links, token).reason == "gone"


def test_no_link_for_a_case_that_is_not(ash: Village, links: Links) -> None:
    with ash.engines.scheduler() as session, pytest.raises(LookupError, match="AR-999999"):
        links.make(session, case="AR-999999", step="gather_advice", party="parent", round=1, role="parent", person_id=None, expires_on=EXPIRES)


def test_o8_a_rotated_key_still_reads_old_links_until_it_is_dropped(ash: Village) -> None:
    token = parents_link(ash, Links([KEY]), ash.meeting_agreed())
    assert Links([KEY, NEXT_KEY]).read(ash.engines, token, TODAY).step == "gather_advice"
    assert refused(ash, Links([NEXT_KEY]), token).reason == "edited"


def test_the_key_is_made_once_and_ours_alone(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "fresh")
    first = signing_keys(settings)
    assert signing_keys(settings) == first and len(first[0]) >= 32
    file = tmp_path / "fresh" / "signing_key"
    assert file.stat().st_mode & 0o777 == 0o600 and [found.name for found in file.parent.iterdir()] == ["signing_key"]
    file.chmod(0o644)
    with pytest.raises(SigningKeyError, match="can be read by others"):
        signing_keys(settings)


def test_keys_from_the_environment_and_too_short_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SENDFLOW_SIGNING_KEY", f"{KEY}, {NEXT_KEY}")
    assert signing_keys(Settings(data_folder=tmp_path)) == [KEY, NEXT_KEY]
    monkeypatch.setenv("SENDFLOW_SIGNING_KEY", "short")
    with pytest.raises(SigningKeyError, match="at least 32 letters"):
        signing_keys(Settings(data_folder=tmp_path))
    assert "short" not in repr(Settings(data_folder=tmp_path))
