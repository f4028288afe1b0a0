"""Dates that move and messages that wait: a line tells the date that it bears, and a message of a moved date keeps its reader's hours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from db.chase import sweep_all
from db.engine import Engines
from db.links import Links
from db.list_links import ListLinks
from db.mailings import claim_mailings
from db.models import Delivery
from db.settings import Settings
from notifications.compose_mailing import compose_mailing
from notifications.dispatch import deliver
from tests.db.ledger_story import TODAY, Village, village
from tests.db.sending import make_mailings, send_all, send_mailings
from tests.db.test_dates_moved import ADVICE_BY, LATER, LATEST, move_meeting, told
from tests.db.test_outbox import spread_all
from tests.faults.scripted_mail import scripted_mail
from tests.tasks.morning_post import HourClock

STEP = "circulate_advice"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900003")


def test_a_line_written_after_the_move_bore_the_new_date(ash: Village) -> None:
    """It was held with the old one; whoever reads the new one in their morning has not been told the old."""
    case = ash.meeting_agreed()
    due_on = ash.open_rows(case)[STEP].due_on
    sweep_all(ash.engines, due_on - timedelta(days=7))
    spread_all(ash)
    with ash.engines.scheduler() as session:
        held = session.query(Delivery).filter_by(step=STEP, to_role="senco", state="held").one()
        held.rung, held.moment = None, "opened"  # as a message that says that the step has opened
    move_meeting(ash, case, LATER)
    second = ash.open_rows(case)[STEP].due_on
    on = make_mailings(ash)
    with ash.engines.scheduler() as session:
        for one in claim_mailings(session, on, "test", limit=1000, seconds=-1):
            compose_mailing(session, one, origin="http://here", links=Links(["key"]), lists=ListLinks(["key"]), today=on)
    assert ("senco", "opened") in send_mailings(ash, case, on)
    assert told(ash, case, "senco") == [] and second == due_on + timedelta(days=7)
    move_meeting(ash, case, LATEST)
    third = (second + timedelta(days=7)).isoformat()
    assert told(ash, case, "senco") == [("owed", STEP, second.isoformat(), third)]


def test_a_message_of_a_moved_date_waits_for_its_readers_hours(ash: Village, tmp_path: Path) -> None:
    case = ash.meeting_agreed()
    sweep_all(ash.engines, ADVICE_BY - timedelta(days=7))
    spread_all(ash)
    send_all(ash, case)
    move_meeting(ash, case, LATER)
    spread_all(ash)
    with scripted_mail() as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url, demo=False)
        deliver(ash.engines, HourClock(TODAY, 22), settings, case)
        assert server.took == [] and {line[0] for line in told(ash, case, "school")} == {"owed"}, "nobody hears at ten at night"
        with ash.engines.scheduler() as session:
            put_off = "UPDATE deliveries SET next_try_at = now() WHERE state = 'owed' AND next_try_at > now() RETURNING to_role"
            assert {row.to_role for row in session.connection().exec_driver_sql(put_off)} >= {"school", "parent"}
        deliver(ash.engines, HourClock(TODAY, 7), settings, case)
    assert {line[0] for line in told(ash, case, "school")} == {"accepted"}
    assert {line[0] for line in told(ash, case, "la")} == {"held"}, "an officer reads it in their list"
    assert {line[0] for line in told(ash, case, "parent")} == {"owed"}, "at seven a family is not written to yet"
