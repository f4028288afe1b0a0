"""Messages on their way: spreads what acts owe to its recipients, and hands it to whoever sends."""

from __future__ import annotations

from db import outbox
from db.messages_owed import owes_messages
from notifications.dispatch import DeliveryCounts
from notifications.dispatch import deliver as dispatch
from tasks.parts import Parts, this_thread

SPREAD_AT_ONCE = 100


def spread(parts: Parts, limit: int = SPREAD_AT_ONCE) -> outbox.Spread:
    """Turn what acts owe into one delivery a recipient and the wakes their cases want, one batch."""
    with parts.engines.scheduler() as session:
        return outbox.spread(session, parts.clock.now(), limit, at_any_hour=parts.settings.demo)


def owes(parts: Parts, case: str | None = None) -> bool:
    """Whether the case (any case, without one) has messages that can be sent now, after spreading what its acts owe.

    Without a mail server nothing can be sent; what is owed stays owed, and `wake_loop` says so in its log.
    """
    spread(parts)
    if not parts.settings.mail_url:
        return False
    with parts.engines.scheduler() as session:
        return owes_messages(session, case)


def deliver(parts: Parts, case: str | None = None) -> DeliveryCounts:
    """Send what the case (any case, without one) owes now. What is refused stays owed and is tried again later by the ledger's back-off."""
    return dispatch(parts.engines, parts.clock, parts.settings, case, holder=this_thread())
