"""Mails that come back: late, twice, out of order, of nobody; forged, or answers of a machine (`faults.md` N5, N6; RFC 3464, RFC 3834)."""

from __future__ import annotations

import email
import mailbox
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage, Message, MIMEPart
from pathlib import Path

import pytest

from db.engine import Engines
from db.queries.messages import failed_messages
from db.settings import Settings
from notifications.dispatch import DeliveryCounts, deliver
from tasks.bounces import TakenIn, take_in
from tests.db.ledger_story import Village, village
from tests.faults.conftest import Tally
from tests.faults.messages_at_hand import OWED, mailed, owe_invitations
from tests.faults.scripted_mail import scripted_mail

Changed = Callable[[Message], None]


@pytest.fixture(scope="module")
def ash(engines: Engines) -> Village:
    return village(engines, "900304")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path)


def sent(ash: Village, settings: Settings) -> tuple[str, list[bytes]]:
    """A case whose invitations were taken by a mail server, and those mails."""
    case = owe_invitations(ash)
    with scripted_mail() as server:
        to_it = settings.model_copy(update={"mail_url": server.url})
        assert deliver(ash.engines, ash.clock, to_it, case) == DeliveryCounts(accepted=OWED)
        return case, list(server.mails)


def returned(mail: bytes, action: str = "failed", status: str = "5.1.1", change: Changed | None = None) -> bytes:
    """The report of a mail server on that mail, its headers with it; `change` meddles with them."""
    about = email.message_from_bytes(mail)
    if change is not None:
        change(about)
    report = EmailMessage()
    report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@mail.example", "sendflow@example.org", "Undelivered mail"
    report.set_content("Your mail was not delivered.")
    report.make_mixed()
    said = MIMEPart()
    said.set_type("message/delivery-status")
    said.set_payload(
        [
            _group(**{"Reporting-MTA": "dns; mail.example"}),
            _group(**{"Final-Recipient": "rfc822; x@home.example", "Action": action, "Status": status}),
        ]
    )
    headers = MIMEPart()
    headers.set_type("text/rfc822-headers")
    headers.set_payload("".join(f"{name}: {value}\n" for name, value in about.items()))
    report.attach(said)
    report.attach(headers)
    report.set_type("multipart/report")
    return report.as_bytes()


def _group(**fields: str) -> Message:
    group = Message()
    for name, value in fields.items():
        group[name] = value
    return group


def told(ash: Village, case: str) -> list[str]:
    """The references that stand before the SENCO as come back."""
    with ash.engines.app([ash.school_id]) as session:
        return [one.reference for one in failed_messages(session) if one.case == case and one.state == "bounced"]


def state(ash: Village, case: str, reference: str) -> tuple[str, str]:
    return next((one.state, one.error_code) for one in mailed(ash, case) if one.reference == reference)


def test_n5_a_bounce_late_twice_and_out_of_order_is_told_once_and_never_goes_back(ash: Village, settings: Settings, tally: Tally) -> None:
    case, mails = sent(ash, settings)
    reference = str(email.message_from_bytes(mails[0])["X-Case-Ref"])
    waits, arrived, bounced = returned(mails[0], "delayed", "4.4.1"), returned(mails[0], "delivered", "2.0.0"), returned(mails[0])
    assert take_in(ash.engines, settings, [waits]) == TakenIn(unchanged=1) and state(ash, case, reference) == ("accepted", "")
    assert take_in(ash.engines, settings, [arrived]).delivered == (reference,)
    assert take_in(ash.engines, settings, [bounced]).bounced == (reference,)
    assert take_in(ash.engines, settings, [arrived, bounced, waits]) == TakenIn(unchanged=3)
    assert state(ash, case, reference) == ("bounced", "no_such_mailbox") and told(ash, case) == [reference]
    tally("N5", acts=6, kills=6, doubled=len(told(ash, case)) - 1, note="delayed, arrived, bounced, and all of them again")


def test_n5_each_reason_has_words_and_a_mail_of_another_ledger_changes_nothing(ash: Village, settings: Settings, tally: Tally) -> None:
    codes = set[str]()
    for reasons in (("5.2.2", "5.7.1"), ("4.4.7", "5.3.0")):
        case, mails = sent(ash, settings)
        taken = take_in(ash.engines, settings, [returned(mail, status=status) for mail, status in zip(mails, reasons, strict=True)])
        assert len(taken.bounced) == OWED
        codes |= {one.error_code for one in mailed(ash, case)}
    assert codes == {"mailbox_full", "refused_as_unwanted", "not_reached_for_days", "came_back"}

    def of_nobody(about: Message) -> None:
        from db.signing_key import signing_keys
        from notifications.proof import HEADER, proof_of

        about.replace_header("X-Case-Ref", "AR-999999/1.0.0")
        about.replace_header(HEADER, proof_of(signing_keys(settings), "AR-999999/1.0.0"))

    assert take_in(ash.engines, settings, [returned(mails[0], change=of_nobody)]) == TakenIn(unchanged=1)
    tally("N5", acts=2 * OWED + 1, kills=2 * OWED + 1)


def test_n6_forged_reports_and_answers_of_machines_change_nothing(ash: Village, settings: Settings, tally: Tally) -> None:
    case, mails = sent(ash, settings)
    before = [(one.state, one.error_code) for one in mailed(ash, case)]

    def of_another(about: Message) -> None:
        about.replace_header("X-Case-Ref", str(email.message_from_bytes(mails[1])["X-Case-Ref"]))

    def without_mark(about: Message) -> None:
        del about["X-Sendflow-Proof"]

    def without_reference(about: Message) -> None:
        del about["X-Case-Ref"]

    away = EmailMessage()
    away["From"], away["Subject"], away["Auto-Submitted"] = "parent@home.example", "Re: your letter", "auto-replied"
    away.set_content(f"I am away. You wrote:\n\n{mails[0].decode()}")
    forged = [returned(mails[0], change=change) for change in (of_another, without_mark)]
    taken = take_in(ash.engines, settings, [*forged, returned(mails[0], change=without_reference), away.as_bytes(), b"", b"\x00\xff nonsense"])
    assert taken == TakenIn(passed_over=Counter(forged=2, no_reference=1, no_report=3))
    assert [(one.state, one.error_code) for one in mailed(ash, case)] == before and told(ash, case) == []
    tally("N6", acts=6, kills=6, note="another's reference, no mark, no reference, an absence note, nothing, nonsense: passed over, none answered")


def test_a_maildir_is_read_once(ash: Village, settings: Settings, tmp_path: Path) -> None:
    from cli.bounces import _mails

    case, mails = sent(ash, settings)
    box = mailbox.Maildir(tmp_path / "box", create=True)
    for mail in mails[:2]:
        box.add(returned(mail))
    assert len(take_in(ash.engines, settings, _mails(str(tmp_path / "box"))).bounced) == 2
    assert take_in(ash.engines, settings, _mails(str(tmp_path / "box"))) == TakenIn()
    assert len(told(ash, case)) == 2
