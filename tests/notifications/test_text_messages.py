"""Text messages through a real HTTP server: who gets one, what it may say, what is known when the service refuses, hangs up or is away."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from db.engine import Engines
from db.models import Person
from db.outbox import spread
from db.queries.messages import failed_messages
from db.settings import Settings
from db.told_by_a_person import CannotTell, Telling, tell
from notifications.dispatch import DeliveryCounts, deliver
from notifications.text_messages import SmsUrlError, mobile_number, send_text
from tasks.bounces import take_in
from tests.db.la_story import shipped_village
from tests.db.ledger_story import TODAY, Village, day, noon, village
from tests.faults.messages_at_hand import OWED, mailed, make_due, owe_invitations
from tests.faults.scripted_mail import ScriptedMail, scripted_mail
from tests.faults.test_messages_returned import returned
from tests.notifications.text_gateway import TextGateway

NUMBER = "+447700900123"
KEY = "trust-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900307")


@pytest.fixture
def gateway() -> Iterator[TextGateway]:
    with TextGateway().open() as opened:
        yield opened


@pytest.fixture
def post() -> Iterator[ScriptedMail]:
    with scripted_mail() as server:
        yield server


def settings(folder: Path, post: ScriptedMail, gateway: TextGateway | None) -> Settings:
    return Settings(data_folder=folder, mail_url=post.url, sms_url=SecretStr(gateway.sms_url) if gateway else None)


def mother(ash: Village, case: str) -> int:
    return int(next(one.person_id for one in mailed(ash, case) if one.to_role == "parent"))


def change(ash: Village, person_id: int, **values: str) -> None:
    with ash.engines.scheduler() as session:
        person = session.get_one(Person, person_id)
        for name, value in values.items():
            setattr(person, name, value)


def told(ash: Village, case: str) -> list[tuple[str, str]]:
    with ash.engines.app([ash.school_id]) as session:
        return [(one.state, one.error_code) for one in failed_messages(session) if one.case == case and one.to_role == "parent"]


@pytest.mark.parametrize(
    ("typed", "number"),
    [("07700 900123", NUMBER), ("+44 7700 900 123", NUMBER), ("0044-7700-900123", NUMBER), ("01632 960001", ""), ("+33 6 12 34 56 78", ""), ("", ""),
     ("07700900123,07700900999", ""), ("07700900123&to=07700900999", "")],
)  # fmt: skip
def test_only_one_british_mobile_number_is_a_number(typed: str, number: str) -> None:
    assert mobile_number(typed) == number
    assert number or send_text(typed, "x", "json://127.0.0.1:9/", "AR-000007/1").code == "bad_number"


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [(201, "accepted", "accepted"), (400, "refused", "number_refused"), (403, "refused", "login_refused"), (429, "refused", "server_busy"),
     (503, "refused", "try_later"), (0, "unknown", "no_clear_answer")],
)  # fmt: skip
def test_what_the_service_answers_is_told_apart(gateway: TextGateway, answer: int, state: str, code: str) -> None:
    gateway.answer = answer
    sent = send_text(NUMBER, "About AR-000007: ring us.", gateway.sms_url, "AR-000007/1")
    assert (sent.state, sent.code) == (state, code)
    (asked,) = gateway.asked
    assert (asked[2]["to"], asked[2]["reference"], asked[2]["message"]) == (NUMBER, "AR-000007/1", "About AR-000007: ring us.")


def test_a_service_that_nobody_knows_is_refused_in_words() -> None:
    with pytest.raises(SmsUrlError, match="SENDFLOW_SMS_URL is no SMS service"):
        send_text(NUMBER, "x", "nosuchservice://key", "AR-000007/1")


def test_govuk_notify_is_asked_with_a_token_of_our_key(gateway: TextGateway) -> None:
    url = f"govuknotify://{KEY}@{TEMPLATE}?base=http://{gateway.address}"
    assert send_text(NUMBER, "About AR-000007: ring us.", url, "AR-000007/1").state == "accepted"
    ((path, headers, body),) = gateway.asked
    assert path == "/v2/notifications/sms"
    assert body == {"phone_number": NUMBER, "template_id": TEMPLATE, "personalisation": {"words": "About AR-000007: ring us."}}
    head, claims, mark = headers["Authorization"].removeprefix("Bearer ").split(".")
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["iss"] == KEY[-73:-37]
    signed = hmac.new(KEY[-36:].encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(mark + "=") == signed
    gateway.answer = 403
    assert send_text(NUMBER, "x", url, "AR-000007/1").code == "login_refused"


def test_whoever_asked_for_a_text_gets_one_without_a_name_a_need_or_a_school(
    ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), preferred_channel="sms", phone="07700 900123")
    assert deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case) == DeliveryCounts(accepted=OWED)
    ((_, _, body),) = gateway.asked
    assert body["to"] == NUMBER and body["message"].startswith(f"About {case}: there is something for you to ")
    assert not [word for word in ("Ada", "Ashby", "Ash ", "EHC", "SEN") if word in body["message"]]
    assert len(post.took) == OWED - 1
    assert told(ash, case) == []


def test_a_text_ends_in_its_readers_language_as_a_letter_begins_in_it(ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), preferred_channel="sms", phone="07700 900123", language="pl")
    deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case)
    ((_, _, body),) = gateway.asked
    assert body["message"].startswith(f"About {case}: ") and "prosimy zadzwonić do szkoły" in body["message"]


def test_without_a_service_or_a_mobile_number_a_person_is_asked_to_tell_them(
    ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    first, second = owe_invitations(ash), owe_invitations(ash)
    for case in (first, second):
        change(ash, mother(ash, case), preferred_channel="sms", phone="01632 960001")
    deliver(ash.engines, ash.clock, settings(tmp_path, post, None), first)
    deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), second)
    assert told(ash, first) == [("failed", "by_sms")] and told(ash, second) == [("failed", "no_mobile")]
    assert gateway.asked == []


def test_what_the_law_wants_in_writing_is_a_letter_all_the_same(ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), preferred_channel="sms", phone="07700 900123")
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "UPDATE deliveries SET details = %s WHERE to_role = 'parent' AND case_id = (SELECT id FROM cases WHERE ref = %s)",
            (json.dumps({"right": {"name": "appeal", "last_on": None}}), case),
        )
    assert deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case) == DeliveryCounts(accepted=OWED)
    assert gateway.asked == [] and len(post.took) == OWED


def test_a_notice_whose_words_the_law_lays_down_is_a_letter_also_where_it_gives_no_right(
    engines: Engines, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    """The day of the review, the answer to a complaint, the findings of a panel and the refusal of a place came as "there is something to read"."""
    oak = shipped_village(engines, "900308")
    case = oak.open(rights_held_by="parent", year_group=5, looked_after=False).case
    oak.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
    oak.ledger.decide(oak.software, key=uuid4(), case=case, step="send_invitations", on=day("2026-09-21"))
    with engines.scheduler() as session:
        while spread(session, noon(TODAY)).rows:
            pass
    change(oak, mother(oak, case), preferred_channel="sms", phone="07700 900123")
    deliver(engines, oak.clock, settings(tmp_path, post, gateway), case)
    hers = [mail for mail, reader in zip(post.mails, post.readers, strict=True) if reader[0].startswith("mother.")]
    assert len(hers) == 1 and b"Thursday 5 November 2026" in email.message_from_bytes(hers[0]).as_bytes()
    assert len(gateway.asked) == 1, "what asks for her views is a text, as she wished"


def test_what_the_law_wants_in_writing_is_no_matter_of_a_call_and_waits_for_no_sms_service(
    ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    """A notice with a right of appeal was to be told by telephone, or by a text that nobody could send, although there was an address."""
    by_phone, by_text = owe_invitations(ash), owe_invitations(ash)
    with ash.engines.scheduler() as session:
        session.connection().exec_driver_sql(
            "UPDATE deliveries SET details = %s WHERE to_role = 'parent' AND case_id IN (SELECT id FROM cases WHERE ref = ANY (%s))",
            (json.dumps({"right": {"name": "appeal", "last_on": None}}), [by_phone, by_text]),
        )
    change(ash, mother(ash, by_phone), preferred_channel="phone")
    change(ash, mother(ash, by_text), preferred_channel="sms", phone="07700 900123")
    for case in (by_phone, by_text):
        deliver(ash.engines, ash.clock, settings(tmp_path, post, None), case)
    assert told(ash, by_text) == [] and len(post.took) == 2 * OWED - 1
    with ash.engines.app([ash.school_id]) as session:
        (notice,) = [one for one in failed_messages(session) if one.case == by_phone and one.to_role == "parent"]
    assert notice.where == "they asked for a call, and the law wants this in writing too: ring them, print it and send it"
    today = ash.clock.today()
    with ash.engines.scheduler() as session:
        for way in ("phone", "text"):
            with pytest.raises(CannotTell, match="The law wants this in writing"):
                tell(session, notice.id, Telling(way, today, ash.senco.person_id or 0), today)
        tell(session, notice.id, Telling("post", today, ash.senco.person_id or 0), today)


def test_a_mail_that_came_back_is_followed_by_one_text(ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), phone="07700 900123")
    both = settings(tmp_path, post, gateway)
    deliver(ash.engines, ash.clock, both, case)
    hers = next(mail for mail, reader in zip(post.mails, post.readers, strict=True) if reader[0].startswith("mother."))
    for _ in range(2):
        take_in(ash.engines, both, [returned(hers)])
    assert deliver(ash.engines, ash.clock, both, case) == DeliveryCounts(accepted=1)
    ((_, _, body),) = gateway.asked
    assert body["message"].startswith("A letter did not reach you at your e-mail address. About ")
    assert told(ash, case) == [("bounced", "no_such_mailbox")], "the SENCO sees that the letter itself was not read"


def test_an_address_that_cannot_be_right_is_followed_by_a_text_as_one_that_is_refused(
    ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), email="mother.ada@home,example", phone="07700 900123")
    both = settings(tmp_path, post, gateway)
    for _ in range(2):
        deliver(ash.engines, ash.clock, both, case)
    ((_, _, body),) = gateway.asked
    assert body["message"].startswith("A letter did not reach you at your e-mail address. About ") and told(ash, case) == [("failed", "bad_address")]


def test_no_text_follows_to_a_parent_whose_responsibility_is_over_by_the_time_the_mail_comes_back(
    ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway
) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), phone="07700 900123")
    both = settings(tmp_path, post, gateway)
    deliver(ash.engines, ash.clock, both, case)
    hers = next(mail for mail, reader in zip(post.mails, post.readers, strict=True) if reader[0].startswith("mother."))
    with ash.engines.scheduler() as session:
        over = "UPDATE families SET parental_responsibility = false WHERE pupil_id = (SELECT pupil_id FROM cases WHERE ref = %s)"
        session.connection().exec_driver_sql(over, (case,))
    ash.clock.today_is += timedelta(days=1)
    take_in(ash.engines, both, [returned(hers)])
    deliver(ash.engines, ash.clock, both, case)
    ash.clock.today_is -= timedelta(days=1)
    assert gateway.asked == [], "it named the case, and had a link in it"


def test_a_gateway_that_is_away_holds_no_mail_back_and_loses_no_text(ash: Village, tmp_path: Path, post: ScriptedMail, gateway: TextGateway) -> None:
    case = owe_invitations(ash)
    change(ash, mother(ash, case), preferred_channel="sms", phone="07700 900123")
    gateway.answer = 429
    assert deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case) == DeliveryCounts(accepted=OWED - 1, failed=1)
    gateway.answer = 0
    make_due(ash, case)
    assert deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case) == DeliveryCounts(unknown=1)
    gateway.answer = 201
    make_due(ash, case)
    assert deliver(ash.engines, ash.clock, settings(tmp_path, post, gateway), case) == DeliveryCounts(accepted=1)
    assert next(one.may_be_twice for one in mailed(ash, case) if one.to_role == "parent"), "the one whose answer was lost says so"
    assert len({body["reference"] for _, _, body in gateway.asked}) == 1
