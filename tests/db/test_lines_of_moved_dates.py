"""A reminder waits for its reader's list: laid aside when its date moves first, owed again when it moves back, and told once its list has left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from db.chase import sweep_all
from db.deliveries import mark_accepted, mark_handed_over
from db.engine import Engines
from db.mailings import claim_mailings, lay_aside
from tests.db.ledger_story import Village, village
from tests.db.sending import make_mailings, send_all, send_mailings
from tests.db.test_dates_moved import ADVICE_BY, FIRST, LATER, MEETING, SECOND, advice, move_meeting, told
from tests.db.test_outbox import spread_all


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900003")


def reminders(ash: Village, case: str) -> list[str]:
    """States of the reminders of the council's decision; of a line of a list, the list's as well."""
    query = (
        "SELECT concat_ws(' ', d.state, m.state) AS state FROM deliveries d JOIN cases c ON c.id = d.case_id LEFT JOIN mailings m "
        "ON m.id = d.mailing_id AND d.state = 'listed' WHERE ref = %s AND step = 'la_decision' AND rung IS NOT NULL ORDER BY d.id"
    )
    return [row.state for row in ash.rows(query, case)]


@pytest.fixture
def reminded(ash: Village) -> tuple[str, date]:
    """A review whose council is to be reminded of its decision, held for its list; the day on which it is."""
    case = ash.meeting_agreed()
    spread_all(ash)
    on: date = ash.open_rows(case)["la_decision"].due_on - timedelta(days=7)
    sweep_all(ash.engines, on)
    spread_all(ash)
    return case, on


def test_a_reminder_laid_aside_by_a_move_is_owed_again_when_the_date_moves_back(ash: Village, reminded: tuple[str, date]) -> None:
    case, on = reminded
    assert reminders(ash, case) == ["held"]
    move_meeting(ash, case, LATER)
    with ash.engines.scheduler() as session:
        lay_aside(session)
    assert reminders(ash, case) == ["superseded"]
    move_meeting(ash, case, MEETING)
    sweep_all(ash.engines, on)
    spread_all(ash)
    assert reminders(ash, case) == ["held"], "once more, and not doubled"
    assert send_all(ash, case).count(("la", "reminder")) == 2, "of the advice and of the decision"
    move_meeting(ash, case, LATER)
    move_meeting(ash, case, MEETING)
    sweep_all(ash.engines, on)
    spread_all(ash)
    assert reminders(ash, case) == ["listed accepted"], "what was sent for this date is not sent again"
    assert ("la", "reminder") not in send_all(ash, case)


def test_a_line_of_a_list_not_sent_yet_is_laid_aside_by_a_move_and_owed_again(ash: Village, reminded: tuple[str, date]) -> None:
    case, on = reminded
    listed_on = make_mailings(ash)
    assert reminders(ash, case) == ["listed owed"]
    move_meeting(ash, case, LATER)
    assert ("la", "reminder") not in send_mailings(ash, case, listed_on) and reminders(ash, case) == ["superseded"]
    move_meeting(ash, case, MEETING)
    sweep_all(ash.engines, on)
    spread_all(ash)
    assert reminders(ash, case) == ["held"] and ("la", "reminder") in send_all(ash, case)
    assert reminders(ash, case) == ["listed accepted"]


def test_a_reader_is_told_a_date_when_the_list_with_it_has_left(ash: Village) -> None:
    """Held, and in a list that has not left, it was not told; claimed, the list may be on its way; and what was not told is told with its list."""
    cases = [ash.meeting_agreed() for _ in range(4)]
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    held, listed, claimed, sent = cases
    move_meeting(ash, held, LATER)
    assert told(ash, held) == []
    on = make_mailings(ash)
    move_meeting(ash, listed, LATER)
    assert told(ash, listed) == []
    with ash.engines.scheduler() as session:
        mine = [one.id for one in claim_mailings(session, on, "test", limit=1000)]
    move_meeting(ash, claimed, LATER)
    assert told(ash, claimed) == [advice("held", FIRST, SECOND)]
    with ash.engines.scheduler() as session:
        assert all(mark_handed_over(session, one, "test", of="mailings") and mark_accepted(session, one, "test", of="mailings") for one in mine)
    move_meeting(ash, sent, LATER)
    assert told(ash, sent) == [advice("held", FIRST, SECOND)] and told(ash, listed) == told(ash, held) == []
