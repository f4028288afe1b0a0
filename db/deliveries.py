"""A delivery on its way: claimed, handed over, accepted or unknown, failed in the end. Every function takes a scheduler session.

A mailing (a list or a morning) goes the same way: `of="mailings"` says that the number is a mailing's.

All times are the database's own (`now()`). Whoever claims a delivery holds it for a time; each mark answers False when the claim is over and
somebody else holds it, and then nothing was written. A message is sent a second time only if the server's answer to the first was lost; it
says so (`may_be_twice`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from db.models import Delivery, Mailing
from db.moved_words import lay_aside_moved
from db.redirect import redirect_claimed

Of = Literal["deliveries", "mailings"]
TABLES: tuple[Of, ...] = ("deliveries", "mailings")


def _of_each(words: str) -> dict[Of, TextClause]:
    return {table: text(words.format(table=table)) for table in TABLES}


# Codes that say: nothing goes, to nobody. Since when, `refused_since` tells, which a message that has waited for its hour all night did not.
OF_THE_SERVER = ("server_not_reached", "login_refused", "server_busy", "no_service")
UNFORESEEN = "unforeseen"
FRESH_SECONDS = 300  # for so long whoever read a message when it was owed still reads it
BACK_OFF_MINUTES = (1, 5, 15, 60, 240, 720, 1440, 1440)  # then it has failed: three days after the first try
# An instance is known by step, party and round: a move to another text may give it another number, or leave no such step.
SUPERSEDE = """
    UPDATE deliveries d SET state = 'superseded', settled_at = now()
    WHERE {which} AND (d.rung IS NOT NULL OR d.moment IN ('opened', 'said'))
      AND NOT EXISTS (SELECT 1 FROM steps s
          WHERE s.case_id = d.case_id AND s.step = d.step AND s.party = d.party AND s.round = d.round AND s.closed_seq IS NULL
            AND (d.rung IS NULL OR (s.rung >= d.rung AND COALESCE(s.due_on, s.target_on) IS NOT DISTINCT FROM d.due_on)))
"""
_SUPERSEDE = text(SUPERSEDE.format(which="d.state = 'owed' AND (CAST(:case_id AS bigint) IS NULL OR d.case_id = :case_id)"))
_CLAIM = text("""
    WITH next AS MATERIALIZED (
        SELECT id FROM deliveries
        WHERE (state = 'owed' AND next_try_at <= now() OR state IN ('claimed', 'handed_over') AND claimed_until < now())
          AND (CAST(:case_id AS bigint) IS NULL OR case_id = :case_id)
        ORDER BY next_try_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE deliveries d SET may_be_twice = d.may_be_twice OR d.state = 'handed_over', state = 'claimed', holder = :holder, attempts = d.attempts + 1,
           claimed_until = now() + make_interval(secs => :seconds)
    FROM next WHERE d.id = next.id RETURNING d.id, d.owed_on < :today OR d.created_at < now() - make_interval(secs => :fresh) AS has_waited
""")
_EXTEND = text("""
    UPDATE deliveries d SET claimed_until = now() + make_interval(secs => :seconds) FROM cases c
    WHERE c.id = d.case_id AND c.ref = :case AND d.holder = :holder AND d.state IN ('claimed', 'handed_over') AND d.claimed_until >= now()
""")
_HANDED_OVER = _of_each("""
    UPDATE {table} SET state = 'handed_over', handed_over_at = now(),
           claimed_until = GREATEST(claimed_until, now() + make_interval(secs => :seconds))
    WHERE id = :id AND holder = :holder AND state = 'claimed' AND claimed_until >= now() RETURNING id
""")
_ACCEPTED = _of_each("""
    UPDATE {table} SET state = 'accepted', settled_at = now(), claimed_until = NULL, error_code = ''
    WHERE id = :id AND holder = :holder AND state IN ('claimed', 'handed_over') RETURNING id
""")
_PUT_OFF = _of_each("""
    UPDATE {table} SET state = 'owed', next_try_at = now() + :wait, attempts = attempts - 1, claimed_until = NULL, holder = ''
    WHERE id = :id AND holder = :holder AND state = 'claimed' RETURNING id
""")
_CAME_BACK = text("""
    UPDATE deliveries SET state = :state, settled_at = now(), error_code = :code
    WHERE reference = :reference AND state IN ('accepted', 'unknown', 'delivered') RETURNING id
""")
_LIST_CAME_BACK = text("""
    UPDATE mailings SET state = :state, settled_at = now(), error_code = :code
    WHERE id = :id AND state IN ('accepted', 'unknown', 'delivered') RETURNING id
""")
_TRY_AGAIN = _of_each("""
    UPDATE {table} SET
        refused_since = CASE WHEN :of_the_server THEN COALESCE(refused_since, now()) END,
        state = CASE WHEN :for_good OR attempts > :tries THEN :in_the_end ELSE 'owed' END,
        settled_at = CASE WHEN :for_good OR attempts > :tries THEN now() END,
        next_try_at = now() + make_interval(mins => (CAST(:minutes AS int[]))[LEAST(GREATEST(attempts, 1), :tries)]),
        may_be_twice = may_be_twice OR :answer_lost, claimed_until = NULL, holder = '', error_code = :code
    WHERE id = :id AND holder = :holder AND state IN ('claimed', 'handed_over') RETURNING id
""")

_PUT_BACK = _of_each("""
    UPDATE {table} SET state = 'owed', claimed_until = NULL, holder = '', error_code = :code, attempts = GREATEST(attempts - 1, 0),
           refused_since = COALESCE(refused_since, now()),
           next_try_at = now() + make_interval(mins => CASE WHEN created_at > now() - interval '1 hour' THEN 1 ELSE 5 END)
    WHERE id = :id AND holder = :holder AND state IN ('claimed', 'handed_over') RETURNING id
""")

_NOT_NEEDED = _of_each("""
    UPDATE {table} SET state = 'superseded', settled_at = now(), claimed_until = NULL
    WHERE id = :id AND holder = :holder AND state = 'claimed' RETURNING id
""")
# A row that another sender holds is left to it, so that two who forget at once never wait for each other.
_FORGET_REFUSALS = _of_each("""
    UPDATE {table} SET error_code = '', refused_since = NULL
    WHERE id IN (SELECT id FROM {table} WHERE state = 'owed' AND error_code = ANY(:codes) FOR UPDATE SKIP LOCKED)
""")

# Owed since the mail was, so that it counts as having waited: a mail may come back days later, to somebody whose message it is no more.
_BY_TEXT = text("""
    INSERT INTO deliveries (case_id, person_id, seq, school_id, due_on, no, round, rung, step, party, moment, template, channel, to_role, severity,
                            reference, once_key, details, owed_on)
    SELECT d.case_id, d.person_id, d.seq, d.school_id, d.due_on, d.no, d.round, d.rung, d.step, d.party, d.moment, d.template, 'sms', d.to_role,
           d.severity, d.reference || '/sms', d.once_key || '/sms', d.details, d.owed_on
    FROM deliveries d JOIN persons p ON p.id = d.person_id WHERE d.reference = :reference AND d.channel = '' AND p.phone <> ''
    ON CONFLICT (once_key) DO NOTHING RETURNING id
""")


def claim_deliveries(session: Session, case: str | None, holder: str, today: date, limit: int = 50, seconds: float = 300) -> list[Delivery]:
    """Take what is to be sent now, of one case or of all, for that many seconds. Nobody else gets the same ones meanwhile.

    First it lays aside what need not be said any more: a reminder of a step that was decided, or whose date has moved (`faults.md` N8). What
    another holder claimed and let lapse is taken over; if it had been handed over, it may come twice and says so. What has waited goes to whoever
    reads it `today` (`db/redirect.py`); a letter that leaves as soon as it is owed is not asked about twice.
    """
    case_id = None if case is None else session.scalar(text("SELECT id FROM cases WHERE ref = :case"), {"case": case})
    if case is not None and case_id is None:
        return []
    session.execute(_SUPERSEDE, {"case_id": case_id})
    lay_aside_moved(session, case_id)
    values = {"case_id": case_id, "holder": holder, "limit": limit, "seconds": seconds, "today": today, "fresh": FRESH_SECONDS}
    claimed = session.execute(_CLAIM, values).all()
    redirect_claimed(session, [row.id for row in claimed if row.has_waited], today)
    found = select(Delivery).where(Delivery.id.in_([row.id for row in claimed]), Delivery.state == "claimed").order_by(Delivery.id)
    return list(session.scalars(found, execution_options={"populate_existing": True}))


def extend_claims(session: Session, case: str, holder: str, seconds: float) -> None:
    """Whoever holds the case's lease and is still alive keeps the case's messages that it has claimed, for that long from now."""
    session.execute(_EXTEND, {"case": case, "holder": holder, "seconds": seconds})


def mark_handed_over(session: Session, delivery_id: int, holder: str, seconds: float = 30, *, of: Of = "deliveries") -> bool:
    """About to give it to the mail server: commit this before sending. From here on a crash means "the answer was lost". False: do not send.

    It is ours for that many seconds more at least: whoever sends within them sends what nobody else has taken over.
    """
    return session.scalar(_HANDED_OVER[of], {"id": delivery_id, "holder": holder, "seconds": seconds}) is not None


def mark_put_off(session: Session, delivery_id: int, holder: str, wait: timedelta, *, of: Of = "deliveries") -> bool:
    """Claimed, and its reader may not be written to for so long: it was no try (`db/held.py`)."""
    return session.scalar(_PUT_OFF[of], {"id": delivery_id, "holder": holder, "wait": wait}) is not None


def mark_accepted(session: Session, delivery_id: int, holder: str, *, of: Of = "deliveries") -> bool:
    """The mail server took it."""
    return session.scalar(_ACCEPTED[of], {"id": delivery_id, "holder": holder}) is not None


def mark_unknown(session: Session, delivery_id: int, holder: str, code: str, *, of: Of = "deliveries") -> bool:
    """The server's answer was lost: it is tried again with a note that it may come twice; after the last try it stays unknown."""
    return _again(session, delivery_id, holder, code, in_the_end="unknown", answer_lost=True, for_good=False, of=of)


def mark_failed(session: Session, delivery_id: int, holder: str, code: str, *, for_good: bool = False, of: Of = "deliveries") -> bool:
    """Surely not sent. It is tried again later (1 minute, 5, 15, 1 hour … a day), unless `for_good` or after the last try: then it has failed,
    and the SENCO sees it (`db/queries/messages.py`, `failed_messages`). `code` is a short word of ours, never a server's text.
    """
    return _again(session, delivery_id, holder, code, in_the_end="failed", answer_lost=False, for_good=for_good, of=of)


def mark_unforeseen(session: Session, delivery_id: int, holder: str, *, of: Of = "deliveries") -> bool:
    """Its sending broke in a way that nobody foresaw: tried again as one that failed, or, once handed over, as one whose answer was lost."""
    model = Mailing if of == "mailings" else Delivery
    handed_over = session.scalar(select(model.state).where(model.id == delivery_id)) == "handed_over"
    mark = mark_unknown if handed_over else mark_failed
    return mark(session, delivery_id, holder, UNFORESEEN, of=of)


def mark_put_back(session: Session, delivery_id: int, holder: str, code: str, *, of: Of = "deliveries") -> bool:
    """Surely not sent, because the mail server takes nothing from anybody now. It is no try: it stays owed however long that lasts (faults.md N9)."""
    return session.scalar(_PUT_BACK[of], {"id": delivery_id, "holder": holder, "code": code}) is not None


def mark_not_needed(session: Session, delivery_id: int, holder: str, *, of: Of = "deliveries") -> bool:
    """It has nothing to say any more, or its reader may not be written to, and is not sent. False: somebody else holds it by now."""
    return session.scalar(_NOT_NEEDED[of], {"id": delivery_id, "holder": holder}) is not None


def forget_refusals(session: Session) -> None:
    """The mail server has taken one: what it refused to everybody is no fault of its any more, also of messages that now wait for their readers'
    hours. One that it refuses again says so again.
    """
    for statement in _FORGET_REFUSALS.values():
        session.execute(statement, {"codes": list(OF_THE_SERVER)})


def mark_bounced(session: Session, reference: str, code: str) -> bool:
    """A mail that was taken came back; its reference stands in its header. The SENCO sees it beside those that failed. False: no such delivery."""
    return _came_back(session, reference, "bounced", code)


def try_by_text(session: Session, reference: str) -> bool:
    """The mail did not reach its reader: owe them a text message that says so. False: no such person with a telephone, or it is owed already."""
    return session.scalar(_BY_TEXT, {"reference": reference}) is not None


def mark_delivered(session: Session, reference: str) -> bool:
    """The reader's own server said that the mail arrived (few do). False: no such delivery was sent."""
    return _came_back(session, reference, "delivered", "")


def _came_back(session: Session, reference: str, state: str, code: str) -> bool:
    number = reference.removeprefix("LIST-")
    if number != reference:
        return number.isdecimal() and session.scalar(_LIST_CAME_BACK, {"id": int(number), "state": state, "code": code}) is not None
    return session.scalar(_CAME_BACK, {"reference": reference, "state": state, "code": code}) is not None


def _again(session: Session, delivery_id: int, holder: str, code: str, *, in_the_end: str, answer_lost: bool, for_good: bool, of: Of) -> bool:
    values = {
        "id": delivery_id,
        "holder": holder,
        "code": code,
        "of_the_server": code in OF_THE_SERVER,
        "in_the_end": in_the_end,
        "answer_lost": answer_lost,
        "for_good": for_good,
        "tries": len(BACK_OFF_MINUTES),
        "minutes": list(BACK_OFF_MINUTES),
    }
    return session.scalar(_TRY_AGAIN[of], values) is not None
