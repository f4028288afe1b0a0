"""Sends what is owed: claim, compose, say "about to hand over" in the ledger, hand over, say what became of it. Letters, lists and mornings alike.

The mark before the hand-over is committed on its own, so that a death in between is known as "the answer was lost" and never as "not sent".
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from jinja2 import TemplateError
from sqlalchemy.orm import Session

from db.clock import Clock
from db.deliveries import (
    Of,
    claim_deliveries,
    forget_refusals,
    mark_accepted,
    mark_failed,
    mark_handed_over,
    mark_not_needed,
    mark_put_back,
    mark_put_off,
    mark_unforeseen,
    mark_unknown,
    try_by_text,
)
from db.engine import Engines
from db.held import NO_WAIT, Timetable
from db.links import Links
from db.list_links import ListLinks
from db.mailings import claim_mailings, put_off
from db.models import Delivery, Mailing
from db.preferences import lies_at
from db.redirect import put_back_lines, redirect_claimed
from db.rows_kept import rows_kept
from db.settings import Settings
from db.signing_key import signing_keys
from notifications.channels import NO_SERVICE, NOT_REACHED, MailSettingsError, send
from notifications.compose import compose
from notifications.compose_mailing import compose_mailing
from notifications.message import Message, NothingToSay, ReaderKeptAway, Sent
from notifications.proof import proof_of
from notifications.reader import NobodyToWriteTo
from notifications.render import TemplateMissing
from notifications.server_words import ADDRESS, BUSY, LOGIN, NUMBER
from notifications.teams_note import NOT_TAKEN, send_note
from notifications.text_messages import NO_SERVICE as NO_SMS_SERVICE
from notifications.text_messages import SmsUrlError, send_text
from rules.calendar import england
from rules.hours import wait_for_hours

NO_ADDRESS = frozenset({"bad_address", ADDRESS})  # no mail ever reaches it: another way is tried
FOR_GOOD = frozenset({*NO_ADDRESS, "bad_number", NUMBER, NOT_TAKEN})
# The server takes nothing from anybody now: nobody waits for each message in turn, and none has failed because of it (faults.md C10, N3, N9).
NOTHING_GOES = frozenset({NOT_REACHED, LOGIN, BUSY})
CLAIMED_SECONDS = 300.0  # of messages of any case: nobody renews these
Owed = Delivery | Mailing
log = logging.getLogger("sendflow.messages")


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """What one round came to. `away`: why the mail server takes nothing now; empty when it does."""

    accepted: int = 0
    unknown: int = 0
    failed: int = 0
    away: str = field(default="", compare=False)

    def __add__(self, other: DeliveryCounts) -> DeliveryCounts:
        away = self.away or other.away
        return DeliveryCounts(self.accepted + other.accepted, self.unknown + other.unknown, self.failed + other.failed, away)


class NoMailServer(RuntimeError):
    """No mail server is configured, so nothing was claimed and nothing is lost; set SENDFLOW_MAIL_URL."""


def deliver(engines: Engines, clock: Clock, settings: Settings, case: str | None, holder: str = "sendflow", limit: int = 50) -> DeliveryCounts:
    """Send what is due of one case, or (None) of all, lists and mornings too, at most `limit` messages of each kind.

    Raises NoMailServer before anything is claimed.
    """
    _mail_server(settings)
    seconds = CLAIMED_SECONDS if case is None else settings.lease_seconds
    with engines.scheduler() as session:
        claimed: list[Owed] = list(claim_deliveries(session, case, holder, clock.today(), limit, seconds))
    counts = _send_all(engines, clock, settings, claimed, holder)
    return counts if case is not None or counts.away else counts + deliver_mailings(engines, clock, settings, holder, limit)


def deliver_mailings(engines: Engines, clock: Clock, settings: Settings, holder: str = "sendflow", limit: int = 50) -> DeliveryCounts:
    """Send the lists and mornings of today that are due, at most `limit`; none at night or at a weekend (but in a demo).

    Raises NoMailServer before anything is claimed.
    """
    _mail_server(settings)
    wait = NO_WAIT if settings.demo else wait_for_hours("officer", england(), clock.now())
    with engines.scheduler() as session:
        if wait:
            put_off(session, wait)
            return DeliveryCounts()
        claimed: list[Owed] = list(claim_mailings(session, clock.today(), holder, limit, CLAIMED_SECONDS))
    return _send_all(engines, clock, settings, claimed, holder)


def _mail_server(settings: Settings) -> None:
    if not settings.mail_url:
        raise NoMailServer("No mail server is configured. Set SENDFLOW_MAIL_URL, as smtp://mail.example.org:25.")


def _send_all(engines: Engines, clock: Clock, settings: Settings, claimed: Sequence[Owed], holder: str) -> DeliveryCounts:
    """Each in turn. One that breaks in a way that nobody foresaw is set aside and keeps no other waiting; its error is raised at the end."""
    keys = signing_keys(settings)
    counts, errors = DeliveryCounts(), list[Exception]()
    for place, owed in enumerate(claimed):
        try:
            one = _deliver_one(engines, clock, settings, keys, owed, holder)
        except Exception as error:
            log.error("%s could not be sent: %s", owed.reference, type(error).__name__)
            errors.append(error)
            one = _set_aside(engines, owed, holder)
        counts += one
        if one.away:
            counts += _put_back(engines, claimed[place + 1 :], holder, one.away)
            break
    if errors:
        raise errors[0]
    return counts


def _set_aside(engines: Engines, owed: Owed, holder: str) -> DeliveryCounts:
    """Where the ledger itself is away this raises too, and the claims lapse."""
    with engines.scheduler() as session:
        mark_unforeseen(session, owed.id, holder, of=_of(owed))
    return DeliveryCounts(failed=1)


def _of(owed: Owed) -> Of:
    return "mailings" if isinstance(owed, Mailing) else "deliveries"


def _put_back(engines: Engines, claimed: Sequence[Owed], holder: str, code: str) -> DeliveryCounts:
    with engines.scheduler() as session:
        for owed in claimed:
            mark_put_back(session, owed.id, holder, code, of=_of(owed))
    return DeliveryCounts(failed=len(claimed))


def _deliver_one(engines: Engines, clock: Clock, settings: Settings, keys: list[str], owed: Owed, holder: str) -> DeliveryCounts:
    try:
        message = _composed(engines, clock, settings, keys, owed, holder)
    except NothingToSay as nothing:
        with engines.scheduler() as session:
            _lay_aside(session, owed, holder, clock.today(), kept_away=isinstance(nothing, ReaderKeptAway))
        return DeliveryCounts()
    if message is None:
        return DeliveryCounts(failed=1)
    if _is_put_off(engines, clock, settings, owed, message, holder):
        return DeliveryCounts()
    message = replace(message, proof=proof_of(keys, message.reference))
    marking, of = time.monotonic(), _of(owed)
    with engines.scheduler() as session:
        if not mark_handed_over(session, owed.id, holder, settings.lease_seconds, of=of):
            return DeliveryCounts()  # the claim is over and somebody else has it
    sent = _sent(message, settings, before=marking + settings.lease_seconds)
    with engines.scheduler() as session:
        if sent.state == "accepted":
            mark_accepted(session, owed.id, holder, of=of)
            if message.way == "email":
                forget_refusals(session)
            return DeliveryCounts(accepted=1)
        if sent.state == "unknown":
            mark_unknown(session, owed.id, holder, sent.code, of=of)
            return DeliveryCounts(unknown=1)
        if sent.code in NOTHING_GOES:
            mark_put_back(session, owed.id, holder, sent.code, of=of)
            return DeliveryCounts(failed=1, away=sent.code if message.way == "email" else "")
        mark_failed(session, owed.id, holder, sent.code, for_good=sent.code in FOR_GOOD, of=of)
        if sent.code in NO_ADDRESS and settings.sms_url is not None:
            try_by_text(session, owed.reference)
        return DeliveryCounts(failed=1)


def _lay_aside(session: Session, owed: Owed, holder: str, today: date, *, kept_away: bool) -> None:
    """What is not said to its reader: a letter that an order keeps from them goes to whoever reads it in their place, lines are held again."""
    if isinstance(owed, Mailing):
        if mark_not_needed(session, owed.id, holder, of="mailings"):
            put_back_lines(session, owed.id)
    elif kept_away and redirect_claimed(session, [owed.id], today):
        mark_put_off(session, owed.id, holder, NO_WAIT)
    else:
        mark_not_needed(session, owed.id, holder)


def _is_put_off(engines: Engines, clock: Clock, settings: Settings, owed: Owed, message: Message, holder: str) -> bool:
    """A letter that comes to be sent at night, or to staff in the holidays, waits; it was timed when it was spread, and could not go then. So does
    the list or morning of an earlier day whose answer was lost: today's own were made for today."""
    if settings.demo or (isinstance(owed, Mailing) and owed.sent_for == clock.today()):
        return False
    with engines.scheduler() as session:
        times = Timetable(session, clock.now())
        wait = times.wait_of_staff(owed.person_id) if isinstance(owed, Mailing) else times.wait(owed, message.reader_kind)
        return bool(wait) and mark_put_off(session, owed.id, holder, wait, of=_of(owed))


def _sent(message: Message, settings: Settings, before: float) -> Sent:
    """Settings that no mail service takes are a refusal like another: it is tried again, fails in the end, and says why (faults.md N4)."""
    if message.way == "teams":  # hosts may have been taken away since it was asked for
        return send_note(message, before) if lies_at(message.to, settings.teams_hosts.split()) else Sent("refused", NOT_TAKEN)
    try:
        if message.way == "sms":
            sms_url = settings.sms_url.get_secret_value() if settings.sms_url else ""
            return send_text(message.to, message.subject, sms_url, message.reference, before)
        return send(message, settings.mail_url or "", settings.mail_from, before)
    except MailSettingsError:
        return Sent("refused", NO_SERVICE)
    except SmsUrlError:
        return Sent("refused", NO_SMS_SERVICE)


def _composed(engines: Engines, clock: Clock, settings: Settings, keys: list[str], owed: Owed, holder: str) -> Message | None:
    """The message, or None when it cannot be written: then it has failed, with a word that says why. Raises NothingToSay."""
    links = Links(keys)
    try:
        with engines.scheduler() as session, rows_kept(session):
            if isinstance(owed, Mailing):
                return compose_mailing(session, owed, origin=settings.origin, links=links, lists=ListLinks(keys), today=clock.today())
            return compose(session, owed, origin=settings.origin, links=links, today=clock.today(), texts=settings.sms_url is not None)
    except NobodyToWriteTo as nobody:
        code = nobody.code
    except TemplateMissing:
        code = "no_template"
    except TemplateError:
        code = "bad_template"
    with engines.scheduler() as session:
        mark_failed(session, owed.id, holder, code, for_good=True, of=_of(owed))
    return None
