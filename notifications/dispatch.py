"""Sends what is owed: claim, compose, say "about to hand over" in the ledger, hand over, say what became of it.

The mark before the hand-over is committed on its own, so that a death in between is known as "the answer was lost" and never as "not sent".
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jinja2 import TemplateError

from db.clock import Clock
from db.deliveries import claim_deliveries, mark_accepted, mark_failed, mark_handed_over, mark_put_back, mark_unknown, try_by_text
from db.engine import Engines
from db.links import Links
from db.models import Delivery
from db.settings import Settings
from db.signing_key import signing_keys
from notifications.channels import NO_SERVICE, NOT_REACHED, MailSettingsError, send
from notifications.compose import compose
from notifications.message import Message, Sent
from notifications.proof import proof_of
from notifications.reader import NobodyToWriteTo
from notifications.render import TemplateMissing
from notifications.server_words import ADDRESS, BUSY, LOGIN, NUMBER
from notifications.text_messages import NO_SERVICE as NO_SMS_SERVICE
from notifications.text_messages import SmsUrlError, send_text

FOR_GOOD = frozenset({"bad_address", ADDRESS, "bad_number", NUMBER})
# The server takes nothing from anybody now: nobody waits for each message in turn, and none has failed because of it (faults.md C10, N3, N9).
NOTHING_GOES = frozenset({NOT_REACHED, LOGIN, BUSY})
CLAIMED_SECONDS = 300.0  # of messages of any case: nobody renews these


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
    """Send what is due of one case, or (None) of all, at most `limit` messages. Raises NoMailServer before anything is claimed."""
    if not settings.mail_url:
        raise NoMailServer("No mail server is configured. Set SENDFLOW_MAIL_URL, as smtp://mail.example.org:25.")
    with engines.scheduler() as session:
        claimed = claim_deliveries(session, case, holder, limit, CLAIMED_SECONDS if case is None else settings.lease_seconds)
    links = Links(signing_keys(settings))
    counts = DeliveryCounts()
    for place, delivery in enumerate(claimed):
        one = _deliver_one(engines, clock, settings, links, delivery, holder)
        counts += one
        if one.away:
            return counts + _put_back(engines, claimed[place + 1 :], holder, one.away)
    return counts


def _put_back(engines: Engines, claimed: Sequence[Delivery], holder: str, code: str) -> DeliveryCounts:
    with engines.scheduler() as session:
        for delivery in claimed:
            mark_put_back(session, delivery.id, holder, code)
    return DeliveryCounts(failed=len(claimed))


def _deliver_one(engines: Engines, clock: Clock, settings: Settings, links: Links, delivery: Delivery, holder: str) -> DeliveryCounts:
    message = _composed(engines, clock, settings, links, delivery, holder)
    if message is None:
        return DeliveryCounts(failed=1)
    message = replace(message, proof=proof_of(signing_keys(settings), message.reference))
    marking = time.monotonic()
    with engines.scheduler() as session:
        if not mark_handed_over(session, delivery.id, holder, settings.lease_seconds):
            return DeliveryCounts()  # the claim is over and somebody else has it
    sent = _sent(message, settings, before=marking + settings.lease_seconds)
    with engines.scheduler() as session:
        if sent.state == "accepted":
            mark_accepted(session, delivery.id, holder)
            return DeliveryCounts(accepted=1)
        if sent.state == "unknown":
            mark_unknown(session, delivery.id, holder, sent.code)
            return DeliveryCounts(unknown=1)
        if sent.code in NOTHING_GOES:
            mark_put_back(session, delivery.id, holder, sent.code)
            return DeliveryCounts(failed=1, away=sent.code if message.way == "email" else "")
        mark_failed(session, delivery.id, holder, sent.code, for_good=sent.code in FOR_GOOD)
        if sent.code == ADDRESS and settings.sms_url is not None:
            try_by_text(session, delivery.reference)
        return DeliveryCounts(failed=1)


def _sent(message: Message, settings: Settings, before: float) -> Sent:
    """Settings that no mail service takes are a refusal like another: it is tried again, fails in the end, and says why (faults.md N4)."""
    try:
        if message.way == "sms":
            sms_url = settings.sms_url.get_secret_value() if settings.sms_url else ""
            return send_text(message.to, message.subject, sms_url, message.reference, before)
        return send(message, settings.mail_url or "", settings.mail_from, before)
    except MailSettingsError:
        return Sent("refused", NO_SERVICE)
    except SmsUrlError:
        return Sent("refused", NO_SMS_SERVICE)


def _composed(engines: Engines, clock: Clock, settings: Settings, links: Links, delivery: Delivery, holder: str) -> Message | None:
    """The message, or None when it cannot be written: then the delivery has failed, with a word that says why."""
    try:
        with engines.scheduler() as session:
            return compose(session, delivery, origin=settings.origin, links=links, today=clock.today(), texts=settings.sms_url is not None)
    except NobodyToWriteTo as nobody:
        code = nobody.code
    except TemplateMissing:
        code = "no_template"
    except TemplateError:
        code = "bad_template"
    with engines.scheduler() as session:
        mark_failed(session, delivery.id, holder, code, for_good=True)
    return None
