"""Who is written to by mail, and whom a person must tell: nobody silently gets nothing."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from db import outbox
from db.engine import Engines
from db.models import DELIVERY_STATES, Case, Delivery, Person
from db.queries.message_words import WORDS, where_it_is
from db.queries.messages import failed_messages, messages_of
from db.settings import Settings
from notifications.bounces import CODES, OTHERWISE
from notifications.channels import NO_SERVICE, NOT_REACHED, TOO_LATE
from notifications.dispatch import deliver
from notifications.letter import letter_values
from notifications.reader import NobodyToWriteTo, reader_in, reader_of
from notifications.server_words import ADDRESS, BUSY, LOGIN, NO_ANSWER, NUMBER, REFUSED, TRY_LATER
from notifications.sink import MailSink
from notifications.template_check import PARTS
from notifications.text_messages import NO_SERVICE as NO_SMS_SERVICE
from rules.loader import load_library
from tasks.deliver import spread
from tasks.parts import Parts
from tests.db.ledger_story import Village, day, village

OF_SERVERS = (ADDRESS, BUSY, LOGIN, NO_ANSWER, NUMBER, REFUSED, TRY_LATER)


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"preferred_channel": "post"}, "by_post", "they asked for post: print it and send it"),
        ({"preferred_channel": "phone"}, "by_phone", "they asked for a call: ring them"),
        ({"email": ""}, "no_address", "we have no e-mail address: tell them yourself"),
    ],
)
def test_a_family_that_mail_does_not_reach_stands_before_the_senco(
    ash: Village, tmp_path: Path, changed: dict[str, str], code: str, words: str
) -> None:
    pupil_id = ash.pupil(given=f"Ada {code}")
    with ash.engines.scheduler() as session:
        mother = session.scalars(text("SELECT person_id FROM families WHERE pupil_id = :pupil"), {"pupil": pupil_id}).one()
        for name, value in changed.items():
            setattr(session.get_one(Person, mother), name, value)
    case = ash.open(pupil_id=pupil_id).case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with MailSink(tmp_path / "mail", ash.clock.now) as sink:
        settings = Settings(data_folder=tmp_path, mail_url=sink.url)
        parts = Parts(settings, ash.engines, ash.clock, load_library(), ash.ledger)
        while spread(parts).rows:
            pass
        deliver(ash.engines, ash.clock, settings, case)
        assert not [m for m in sink.mails() if m.to.startswith("mother.")]
    with ash.engines.app([ash.school_id]) as session:
        untold = [m for m in failed_messages(session) if m.case == case and m.to_role == "parent"]
    assert untold and {(m.error_code, m.where) for m in untold} == {(code, words)}


def test_whom_an_order_keeps_away_since_is_sent_nothing_that_was_owed_before_it(ash: Village, tmp_path: Path) -> None:
    case = ash.open(pupil_id=ash.pupil(given="Ada kept away")).case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with MailSink(tmp_path / "mail", ash.clock.now) as sink:
        settings = Settings(data_folder=tmp_path, mail_url=sink.url)
        while spread(Parts(settings, ash.engines, ash.clock, load_library(), ash.ledger)).rows:
            pass
        with ash.engines.scheduler() as session:
            of_pupil = "pupil_id = (SELECT pupil_id FROM cases WHERE ref = :case)"
            session.execute(text(f"UPDATE families SET no_contact = true WHERE {of_pupil}"), {"case": case})
        deliver(ash.engines, ash.clock, settings, case)
        assert sink.mails() and not [m for m in sink.mails() if m.to.startswith("mother.")]
    with ash.engines.app([ash.school_id]) as session:
        assert {m.state for m in messages_of(session, case) if m.to_role == "parent"} == {"superseded"}
        assert not [m for m in failed_messages(session) if m.case == case and m.to_role == "parent"], "and nobody is asked to tell them"


def test_every_state_and_every_code_of_ours_has_words() -> None:
    assert all(where_it_is(state, "") for state in DELIVERY_STATES)
    folder = Path(__file__).parents[2] / "notifications"
    source = "".join((folder / file).read_text(encoding="utf-8") for file in ("reader.py", "dispatch.py", "channels.py", "text_messages.py"))
    named = set(re.findall(r'(?:NobodyToWriteTo\(|Sent\("(?:refused|unknown)", |code = )"(\w+)"', source))
    named |= {NO_SERVICE, NOT_REACHED, TOO_LATE, NO_SMS_SERVICE, *OF_SERVERS, *(code for _, code in CODES), OTHERWISE}
    assert {"no_reader", "no_address", "bad_address", "server_not_reached", "no_template"} <= named
    assert named - WORDS.keys() == set()


def test_a_pupil_without_an_address_reads_as_something_to_do_not_as_a_fault() -> None:
    assert where_it_is("failed", "nobody_holds_the_role") == "we have nobody to write to: tell them yourself, or enter their contact and write"
    assert where_it_is("failed", "server_not_reached") == "could not be sent: the mail server does not answer"
    assert where_it_is("accepted", "") == "sent" and where_it_is("bounced", "mailbox_full") == "came back: their mailbox is full: tell them yourself"


def test_letters_have_the_values_that_check_knows_and_no_others(ash: Village) -> None:
    case = ash.meeting_agreed()
    ash.ledger.decide(ash.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with ash.engines.scheduler() as session:
        outbox.spread(session, ash.clock.now(), 1000)
        delivery = session.scalars(
            select(Delivery).join(Case, Case.id == Delivery.case_id).where(Case.ref == case, Delivery.to_role == "parent")
        ).first()
        assert delivery is not None
        given = letter_values(session, delivery, reader_of(session, delivery), today=ash.clock.today(), link="", details={})
    assert set(given) == set(PARTS)
    wholes = {name: frozenset(parts) for name, parts in given.items() if isinstance(parts, dict) and PARTS[name]}
    assert wholes == {name: PARTS[name] for name in wholes} and {"case", "reader", "child", "school", "step"} <= set(wholes)


def test_a_list_or_a_morning_is_no_notice_that_must_be_in_writing(ash: Village) -> None:
    with ash.engines.scheduler() as session:
        session.get_one(Person, ash.teacher.person_id).preferred_channel = "phone"
        session.flush()
        with pytest.raises(NobodyToWriteTo, match=r"^by_phone$"):
            reader_in(session, "teacher", ash.teacher.person_id, None)
        session.rollback()
