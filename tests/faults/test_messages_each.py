"""Each reader has a mail of their own, and only what still needs saying is said (`faults.md` N7, N8)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from db.chase import sweep_all
from db.engine import Engines
from db.mailings import lay_aside, make_mornings
from db.outbox import spread
from db.settings import Settings
from notifications.dispatch import deliver
from tests.db.ledger_story import TODAY, Village, day, noon, village
from tests.faults.conftest import Tally
from tests.faults.messages_at_hand import OWED, mailed, owe_invitations
from tests.faults.scripted_mail import scripted_mail

_ADDRESSES = re.compile(r"[\w.+-]+@[\w.-]+\w")
_RUNGS = "SELECT d.* FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND d.rung IS NOT NULL"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900305")


def addresses(ash: Village) -> set[str]:
    """Every address that the ledger knows."""
    query = "SELECT email AS at FROM persons WHERE email <> '' UNION SELECT sen_email FROM authorities WHERE sen_email <> ''"
    return {row.at for row in ash.rows(query)}


def test_n7_one_letter_to_several_is_one_mail_each_with_no_other_address_in_it(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = owe_invitations(ash)
    with scripted_mail() as server:
        deliver(ash.engines, ash.clock, Settings(data_folder=tmp_path, mail_url=server.url), case)
        readers, mails = server.readers, server.mails
    assert len(mails) == OWED and all(len(one) == 1 for one in readers)
    assert len({one[0] for one in readers}) == OWED
    known, senco = addresses(ash), "senco.ash@school.example"  # whom every letter says to write to
    named = [(reader, set(_ADDRESSES.findall(mail.decode())) & known) for (reader,), mail in zip(readers, mails, strict=True)]
    seen = [(reader, others - {reader, senco}) for reader, others in named if others - {reader, senco}]
    assert seen == []
    tally("N7", acts=OWED, kills=1, note="a parent and an authority, one mail each; no other address in any")


def test_n8_a_reminder_of_a_step_decided_meanwhile_is_not_sent(ash: Village, tmp_path: Path, tally: Tally) -> None:
    case = ash.meeting_agreed()
    sweep_all(ash.engines, day("2026-09-21"))
    due_on: date = ash.open_rows(case)["circulate_advice"].due_on
    with ash.engines.scheduler() as session:
        while spread(session, noon(TODAY)).rows:
            pass
    with scripted_mail() as server:
        settings = Settings(data_folder=tmp_path, mail_url=server.url)
        deliver(ash.engines, ash.clock, settings, None)
        before = len(server.took)
        sweep_all(ash.engines, due_on - timedelta(days=7))
        with ash.engines.scheduler() as session:
            while spread(session, noon(TODAY)).rows:
                pass
        ash.decide(case, "circulate_advice", "2026-10-20", key=uuid4())
        with ash.engines.scheduler() as session:
            lay_aside(session)
            make_mornings(session, TODAY, {ash.school_id: (TODAY, TODAY)})
        deliver(ash.engines, ash.clock, settings, None)
        reminders = [one for one in ash.rows(_RUNGS, case) if one.step == "circulate_advice"]
        assert reminders and {one.state for one in reminders} == {"superseded"}
        assert not {one.reference for one in reminders} & set(server.took[before:])
        assert {one.mailing_id for one in reminders} == {None}, "and no list has it"
    assert all(one.state != "owed" for one in mailed(ash, case))
    tally("N8", acts=len(reminders), kills=1, note="queued, decided, released: superseded")
