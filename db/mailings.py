"""Lists and mornings: what was held for a reader becomes one message of the day. Every function takes a scheduler session.

One statement collects all that is held, by reader. A reader who has had the day's message already has what came later in the next one. Done
twice, or by two at once, nothing stands in two messages. On its way a mailing is marked by `db/deliveries.py` (`of="mailings"`). It is of its
day: what could not be sent on it is taken apart, and its lines stand in the next one; so nobody has two on the day the mail server is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.deliveries import FRESH_SECONDS, SUPERSEDE
from db.models import Delivery, Mailing
from db.moved_words import lay_aside_moved
from db.permissions import SPEAKS_FOR
from db.redirect import redirect_held, redirect_listed

_LAY_ASIDE_HELD = text(SUPERSEDE.format(which="d.state = 'held'"))
# What may have come already stays as it came: only lines of a message that surely was not sent are laid aside.
_LAY_ASIDE_LISTED = text(
    SUPERSEDE.format(which="d.state = 'listed' AND d.mailing_id IN (SELECT id FROM mailings WHERE state = 'owed' AND NOT may_be_twice)")
)
# Either kind of reader as one number, so that the lines of a morning of thousands are joined by it. Of an LA's people one address is one reader: an
# officer of two LAs, or one whose address is a team's mailbox, has one list.
_COLLECT = """
    WITH stood_in AS MATERIALIZED (
        SELECT school_id, role, holder_id, deputy_id FROM stand_ins(:today)
    ), at_an_la AS MATERIALIZED (
        SELECT lower(email) AS address, min(id) AS person_id FROM persons WHERE external_id LIKE 'la:%' AND email <> '' GROUP BY 1
    ), mailbox AS MATERIALIZED (
        SELECT lower(sen_email) AS address, min(id) AS authority_id FROM authorities WHERE sen_email <> '' GROUP BY 1
    ), held AS MATERIALIZED (
        SELECT d.id, COALESCE(o.person_id, d.person_id) AS person_id, CASE WHEN o.person_id IS NULL THEN m.authority_id END AS authority_id,
               d.may_be_twice
        FROM deliveries d LEFT JOIN persons p ON p.id = d.person_id AND p.external_id LIKE 'la:%' LEFT JOIN authorities a ON a.id = d.authority_id
        LEFT JOIN at_an_la o ON o.address = lower(COALESCE(p.email, a.sen_email)) LEFT JOIN mailbox m ON m.address = lower(a.sen_email)
        WHERE d.state = 'held' AND d.held_for = :kind AND d.owed_on <= :today {more} FOR UPDATE OF d SKIP LOCKED
    ), made AS (
        INSERT INTO mailings (kind, person_id, authority_id, sent_for, may_be_twice)
        SELECT :kind, person_id, authority_id, CAST(:today AS date), bool_or(may_be_twice) FROM ({readers}) AS readers GROUP BY 2, 3
        ON CONFLICT DO NOTHING RETURNING id, person_id, authority_id
    ), listed AS (
        UPDATE deliveries d SET state = 'listed', mailing_id = made.id
        FROM held JOIN made ON COALESCE(held.person_id, -held.authority_id::bigint) = COALESCE(made.person_id, -made.authority_id::bigint)
        WHERE d.id = held.id RETURNING d.id
    )
    SELECT (SELECT count(*) FROM made) AS messages, (SELECT count(*) FROM listed) AS lines
"""
_HELD = "SELECT person_id, authority_id, may_be_twice FROM held"
_SPOKEN = ", ".join(f"('{speaker}', '{party}')" for party, speakers in SPEAKS_FOR.items() for speaker in speakers)
# Whoever owes a step that falls due in the days that this morning speaks for is written to, though no ladder has a rung that day; in place of
# somebody who is away, whoever stands in.
_DUE = """
    SELECT p.id, NULL::int, false
    FROM unnest(CAST(:schools AS int[]), CAST(:froms AS date[]), CAST(:untils AS date[])) AS open (school_id, from_on, until_on)
    JOIN steps s ON s.school_id = open.school_id AND s.closed_seq IS NULL AND s.status = 'open'
        AND COALESCE(s.due_on, s.target_on) BETWEEN open.from_on AND open.until_on
    JOIN (
        SELECT school_id, role, person_id FROM memberships
        WHERE (until_on IS NULL OR until_on >= :today) AND person_id NOT IN (SELECT holder_id FROM stood_in)
        UNION ALL SELECT school_id, role, deputy_id FROM stood_in WHERE deputy_id IS NOT NULL
    ) AS m ON m.school_id = s.school_id AND (m.role = s.owner OR (m.role, s.owner) IN (VALUES {spoken}))
    JOIN persons p ON p.id = m.person_id AND (p.left_on IS NULL OR p.left_on >= :today) AND p.email <> '' AND p.preferred_channel = 'email'
"""
_LISTS = text(_COLLECT.format(more="", readers=_HELD))
_MORNINGS = text(_COLLECT.format(more="AND d.school_id = ANY (CAST(:schools AS int[]))", readers=f"{_HELD} UNION {_DUE.format(spoken=_SPOKEN)}"))
_EMPTY = text("""
    UPDATE mailings g SET state = 'superseded', settled_at = now()
    WHERE g.state = 'owed' AND NOT g.may_be_twice AND g.kind = 'list'
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.mailing_id = g.id AND d.state = 'listed')
""")
# Of those that have waited and now have no line: a list, and the morning of somebody who is away by now.
_LEFT_EMPTY = text("""
    UPDATE mailings g SET state = 'superseded', settled_at = now(), claimed_until = NULL
    WHERE g.id = ANY (:ids) AND g.state = 'claimed' AND NOT g.may_be_twice
      AND (g.kind = 'list' OR g.kind IN ('morning', 'teams') AND g.person_id IN (SELECT holder_id FROM stand_ins(:today)))
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.mailing_id = g.id AND d.state = 'listed')
""")
# One that may have come already is no line of another: it is tried again as it is, whatever the day.
_TAKE_APART = text("""
    WITH over AS (
        UPDATE mailings SET state = 'superseded', settled_at = now(), claimed_until = NULL
        WHERE sent_for < :today AND NOT may_be_twice AND (state = 'owed' OR state = 'claimed' AND claimed_until < now()) RETURNING id
    )
    UPDATE deliveries d SET state = 'held', mailing_id = NULL FROM over WHERE d.mailing_id = over.id AND d.state = 'listed'
""")
_PUT_OFF = text("UPDATE mailings SET next_try_at = now() + :wait WHERE state = 'owed' AND next_try_at <= now()")
_CLAIM = text("""
    WITH next AS MATERIALIZED (
        SELECT id FROM mailings
        WHERE state = 'owed' AND next_try_at <= now() AND (sent_for = :today OR may_be_twice)
           OR state = 'claimed' AND claimed_until < now() AND (sent_for = :today OR may_be_twice) OR state = 'handed_over' AND claimed_until < now()
        ORDER BY next_try_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE mailings g SET may_be_twice = g.may_be_twice OR g.state = 'handed_over', state = 'claimed', holder = :holder, attempts = g.attempts + 1,
           claimed_until = now() + make_interval(secs => :seconds)
    FROM next WHERE g.id = next.id RETURNING g.id, g.created_at < now() - make_interval(secs => :fresh) AS has_waited
""")


_AT_THEIR_HOUR = text("""
    UPDATE mailings g SET next_try_at = GREATEST(g.next_try_at, now() + (make_interval(hours => p.morning_at) - CAST(:hour AS interval)))
    FROM preferences p
    WHERE p.person_id = g.person_id AND g.kind = 'morning' AND g.sent_for = :today AND g.state = 'owed' AND g.attempts = 0
      AND make_interval(hours => p.morning_at) > :hour
""")
_IN_TEAMS = text("""
    INSERT INTO mailings (kind, person_id, sent_for, next_try_at)
    SELECT 'teams', g.person_id, g.sent_for, g.next_try_at FROM mailings g JOIN preferences p ON p.person_id = g.person_id AND p.teams_url <> ''
    WHERE g.kind = 'morning' AND g.sent_for = :today AND g.state <> 'superseded'
    ON CONFLICT DO NOTHING
""")
TEAMS = "teams"
Days = tuple[date, date]  # the first and the last


@dataclass(frozen=True, slots=True)
class Made:
    """What one collection came to: messages made, and the deliveries that are their lines."""

    messages: int
    lines: int

    def __add__(self, other: Made) -> Made:
        return Made(self.messages + other.messages, self.lines + other.lines)


def take_apart(session: Session, today: date) -> None:
    """Messages of earlier days that surely were not sent: their lines are held again, for the next one."""
    session.execute(_TAKE_APART, {"today": today})


def lay_aside(session: Session) -> None:
    """What is held and need not be said any more: a reminder of a step that was decided meanwhile, or whose date has moved (`faults.md` N8)."""
    session.execute(_LAY_ASIDE_HELD)
    lay_aside_moved(session)


def put_off(session: Session, wait: timedelta) -> None:
    """What waits to be tried again waits for so long at least: nobody may be written to now."""
    session.execute(_PUT_OFF, {"wait": wait})


def make_lists(session: Session, today: date) -> Made:
    """The lists of the bodies outside, of all that was held for them up to `today`. Ask only on a working day."""
    redirect_held(session, "list", today)
    return Made(*session.execute(_LISTS, {"kind": "list", "today": today}).one())


def make_mornings(session: Session, today: date, open_schools: Mapping[int, Days], hour: timedelta | None = None) -> Made:
    """The mornings of the staff. `open_schools`: the schools at which `today` is a school day, and the days that their morning speaks for.

    Somebody of several schools has the lines of those that are open; the others' wait for their own next school day. `hour`: what the clock
    shows in London, from midnight; who wants their morning later has it then. None: a demo, which keeps no hours.
    """
    froms, untils = zip(*open_schools.values(), strict=True) if open_schools else ((), ())
    values = {"kind": "morning", "today": today, "schools": list(open_schools), "froms": list(froms), "untils": list(untils)}
    redirect_held(session, "morning", today, open_schools)
    made = Made(*session.execute(_MORNINGS, values).one())
    if hour is not None:
        session.execute(_AT_THEIR_HOUR, {"today": today, "hour": hour})
    session.execute(_IN_TEAMS, {"today": today})
    return made


def lines_of_morning(session: Session, note: Mailing) -> list[Delivery]:
    """The lines of the morning that this note in Teams tells of, whether it was sent yet or not; what was laid aside since is none."""
    lines = select(Delivery).join(Mailing, Mailing.id == Delivery.mailing_id).where(Delivery.state == "listed").order_by(Delivery.id)
    return list(session.scalars(lines.where(Mailing.kind == "morning", Mailing.person_id == note.person_id, Mailing.sent_for == note.sent_for)))


def claim_mailings(session: Session, today: date, holder: str, limit: int = 50, seconds: float = 300) -> list[Mailing]:
    """Take what is to be sent now of `today`'s, for that many seconds.

    Lines that need not be said any more are laid aside first, and a list left without any. Lines of what has waited (for a late hour, for the mail
    server) whose reader is another by now are held for the new reader's next mailing; so is nothing sent to somebody who is away by now.
    """
    session.execute(_LAY_ASIDE_LISTED)
    lay_aside_moved(session)
    session.execute(_EMPTY)
    claimed = session.execute(_CLAIM, {"today": today, "holder": holder, "limit": limit, "seconds": seconds, "fresh": FRESH_SECONDS}).all()
    waited = [row.id for row in claimed if row.has_waited]
    if waited:
        redirect_listed(session, waited, today)
        session.execute(_LEFT_EMPTY, {"ids": waited, "today": today})
    found = select(Mailing).where(Mailing.id.in_([row.id for row in claimed]), Mailing.state == "claimed").order_by(Mailing.id)
    return list(session.scalars(found, execution_options={"populate_existing": True}))


def lines_of(session: Session, mailing: Mailing) -> list[Delivery]:
    """The deliveries that are the mailing's lines now, in the order in which they were owed."""
    return list(session.scalars(select(Delivery).where(Delivery.mailing_id == mailing.id, Delivery.state == "listed").order_by(Delivery.id)))
