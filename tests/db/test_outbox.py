"""From an act to a message on its way: spread once, to each reader, superseded when decided, tried again, failed in the open (`faults.md` N1-N8)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from db.deliveries import BACK_OFF_MINUTES, claim_deliveries, mark_accepted, mark_bounced, mark_delivered, mark_failed, mark_handed_over, mark_unknown
from db.engine import Engines
from db.models import Delivery
from db.outbox import Spread, spread
from db.queries.messages import failed_messages
from db.redirect import NOBODY
from tests.db.ledger_story import TODAY, Village, day, noon, village


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.fixture
def case(ash: Village) -> str:
    """A review whose invitations were sent; its messages are spread."""
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    spread_all(ash)
    return case


def spread_all(ash: Village) -> int:
    """Spread until nothing is left; how many messages came of it."""
    messages = 0
    while True:
        with ash.engines.scheduler() as session:
            done = spread(session, noon(TODAY))
        messages += done.messages
        if not done.rows:
            return messages


def claim(ash: Village, case: str, holder: str = "test", seconds: float = 300) -> list[Delivery]:
    with ash.engines.scheduler() as session:
        return claim_deliveries(session, case, holder, TODAY, seconds=seconds)


def states(ash: Village, case: str) -> dict[str, str]:
    found = ash.rows("SELECT to_role, state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s ORDER BY d.id", case)
    return {row.to_role: row.state for row in found}


def test_each_reader_has_one_message_and_a_role_nobody_holds_is_an_incident(ash: Village, case: str) -> None:
    found = states(ash, case)
    assert found["parent"] == "owed" and found["la"] == "owed" and found["school"] == "held"
    assert found["health"] == "failed" and found["social_care"] == "failed"
    with ash.engines.app([ash.school_id]) as session:
        failed = [one for one in failed_messages(session) if one.case == case]
    assert {(one.to_role, one.error_code) for one in failed} == {("health", NOBODY), ("social_care", NOBODY), ("pupil", NOBODY)}
    row = ash.rows(
        "SELECT template, moment, step, person_id FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND to_role = 'parent'", case
    )[0]
    assert (row.template, row.moment, row.step) == ("annual_review/send_invitations.done", "done", "send_invitations") and row.person_id


def test_every_act_wants_a_wake_and_spreading_empties_the_outbox(ash: Village, case: str) -> None:
    wake = ash.rows("SELECT wanted, served FROM wakes w JOIN cases c ON c.id = w.case_id WHERE ref = %s", case)[0]
    assert (wake.wanted, wake.served) == (3, 0)
    assert ash.rows("SELECT count(*) FROM outbox")[0][0] == 0
    with ash.engines.scheduler() as session:
        assert spread(session, noon(TODAY)) == Spread(0, 0, 0)


def test_a_right_given_goes_with_its_message(ash: Village, case: str) -> None:
    ash.decide(case, "circulate_advice", "2026-10-20")
    ash.decide(case, "hold_meeting", "2026-11-05")
    ash.decide(case, "la_decision", "2026-11-20", "maintain", decision_on=day("2026-11-20"))
    spread_all(ash)
    query = "SELECT to_role, details FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s AND moment = 'maintain'"
    details = {row.to_role: row.details for row in ash.rows(query, case)}
    assert '"name": "appeal"' in details["parent"] and '"last_on": "20' in details["parent"]


def test_two_spread_at_once_and_nothing_is_doubled(ash: Village) -> None:
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with ash.engines.scheduler() as one, ash.engines.scheduler() as other:
        first, second = spread(one, noon(TODAY)), spread(other, noon(TODAY))
    assert first.rows == 3 and second.rows == 0
    assert len(ash.rows("SELECT 1 FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE ref = %s", case)) == first.messages


def test_a_spread_that_fails_leaves_everything_owed(ash: Village) -> None:
    case = ash.meeting_agreed()
    with pytest.raises(RuntimeError), ash.engines.scheduler() as session:
        assert spread(session, noon(TODAY)).rows
        raise RuntimeError("synthetic crash before the commit")
    assert ash.rows("SELECT count(*) FROM outbox o JOIN cases c ON c.id = o.case_id WHERE ref = %s", case)[0][0] == 2
    spread_all(ash)


def test_a_delivery_is_held_by_one_and_accepted_once(ash: Village, case: str) -> None:
    mine, others = claim(ash, case), claim(ash, case, "other")
    assert {one.to_role for one in mine} == {"parent", "la"} and others == []
    with ash.engines.scheduler() as session:
        assert not mark_handed_over(session, mine[0].id, "other")
        assert mark_handed_over(session, mine[0].id, "test")
        assert mark_accepted(session, mine[0].id, "test") and not mark_accepted(session, mine[0].id, "test")
    assert states(ash, case)[mine[0].to_role] == "accepted"


def test_a_claim_lives_as_long_as_the_message_may_still_be_sent(ash: Village, case: str) -> None:
    """Marked at the end of its claim, and stopped before it is sent: nobody else has it before the sender must not send any more."""
    mine = claim(ash, case, seconds=0.5)
    with ash.engines.scheduler() as session:
        assert mark_handed_over(session, mine[0].id, "test", 60)
        session.connection().exec_driver_sql("SELECT pg_sleep(0.5)")
    assert {one.id for one in claim(ash, case, "other")} == {one.id for one in mine[1:]}


def test_a_claim_that_lapsed_goes_to_another_and_says_that_it_may_come_twice(ash: Village, case: str) -> None:
    first = claim(ash, case, seconds=-1)
    with ash.engines.scheduler() as session:
        assert not mark_handed_over(session, first[0].id, "test"), "the claim was over"
    handed = claim(ash, case, "second", seconds=300)
    with ash.engines.scheduler() as session:
        assert mark_handed_over(session, handed[0].id, "second")
        session.connection().exec_driver_sql("UPDATE deliveries SET claimed_until = now() - interval '1 second' WHERE holder = 'second'")
    again = {one.id: one for one in claim(ash, case, "third")}
    assert again[handed[0].id].may_be_twice and not again[handed[1].id].may_be_twice
    assert again[handed[0].id].attempts == 3
    with ash.engines.scheduler() as session:
        assert not mark_accepted(session, handed[0].id, "second"), "the third holds it by now"


def test_a_refused_message_is_tried_again_and_fails_in_the_end_where_the_senco_sees_it(ash: Village, case: str) -> None:
    delivery = next(one for one in claim(ash, case) if one.to_role == "parent")
    waits = []
    for _ in range(len(BACK_OFF_MINUTES) + 1):
        with ash.engines.scheduler() as session:
            assert mark_failed(session, delivery.id, "test", "refused")
            row = session.get_one(Delivery, delivery.id, populate_existing=True)
            waits.append((row.next_try_at - row.created_at).total_seconds() // 60)
            state = row.state
            session.connection().exec_driver_sql("UPDATE deliveries SET next_try_at = now() WHERE id = %s", (delivery.id,))
        if state == "failed":
            break
        assert claim(ash, case) and state == "owed"
    assert state == "failed" and waits[:4] == [1, 5, 15, 60]
    with ash.engines.app([ash.school_id]) as session:
        assert ("parent", "refused") in {(one.to_role, one.error_code) for one in failed_messages(session) if one.case == case}


def test_a_lost_answer_is_tried_again_with_a_note(ash: Village, case: str) -> None:
    delivery = claim(ash, case)[0]
    with ash.engines.scheduler() as session:
        assert mark_handed_over(session, delivery.id, "test") and mark_unknown(session, delivery.id, "test", "timeout")
        row = session.get_one(Delivery, delivery.id, populate_existing=True)
    assert (row.state, row.may_be_twice, row.error_code) == ("owed", True, "timeout")


def test_a_mail_that_came_back_is_an_incident(ash: Village, case: str) -> None:
    delivery = claim(ash, case)[0]
    with ash.engines.scheduler() as session:
        assert not mark_bounced(session, delivery.reference, "mailbox_full"), "it has not been sent yet"
        assert mark_accepted(session, delivery.id, "test")
        assert mark_delivered(session, delivery.reference) and mark_bounced(session, delivery.reference, "mailbox_full")
    with ash.engines.app([ash.school_id]) as session:
        assert "mailbox_full" in {one.error_code for one in failed_messages(session) if one.case == case}


def test_for_good_means_now(ash: Village, case: str) -> None:
    delivery = claim(ash, case)[0]
    with ash.engines.scheduler() as session:
        assert mark_failed(session, delivery.id, "test", "no_address", for_good=True)
    assert states(ash, case)[delivery.to_role] == "failed"
