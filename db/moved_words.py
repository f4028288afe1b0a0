"""Who is told that a date moved: whoever had been told the old one and would still be told, once, in one message a reader and case.

What a reader was told last of a step's date stands in their deliveries: the date that the letter bore (`note_told`), and the lines of
messages like this one. Who was never told a date hears nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.held import Message, Timetable, reader_kind
from db.la_profile.routing import LA, la_routes
from db.models import Delivery
from db.queries.definitions_read import definitions_by_hash
from db.queries.people import Recipient, recipients
from rules.definition import Role

UNSENT = ("owed", "held", "listed")  # where the message (its own, or the list or morning it is a line of) has not left
MOMENT, TEMPLATE = "moved", "shared/dates_moved"
Key = tuple[str, str, int]  # step, party, round
Who = tuple[int | None, int | None]  # a person's id, or an authority's

# Locked in their order, so that of two that spread at once the second finds them told.
_UNTOLD = text("""
    SELECT id, case_id, seq, step, party, round, put_right FROM date_moves WHERE case_id = ANY(:cases) AND NOT told ORDER BY id FOR UPDATE
""")
_TOLD = text("UPDATE date_moves SET told = true WHERE id = ANY(:ids)")
_NOW = text("""
    SELECT s.case_id, s.step, s.party, s.round, COALESCE(s.due_on, s.target_on) AS now_on FROM steps s
    WHERE s.case_id = ANY(:cases) AND s.closed_seq IS NULL
""")
# Claimed: a letter that may bear the old date may be on its way. So may one whose answer was lost and that waits to be sent again. A line of a list
# or a morning has left when its message has. What a person told its reader was told.
_LETTERS = text("""
    SELECT d.id, d.case_id, d.person_id, d.authority_id, d.to_role, d.state, d.step, d.party, d.round, d.due_on, d.moment, d.details,
           (COALESCE(g.state, d.state) IN ('claimed', 'handed_over', 'accepted', 'unknown', 'delivered', 'told') OR d.may_be_twice
            OR COALESCE(g.may_be_twice, false)) AS sent
    FROM deliveries d LEFT JOIN mailings g ON g.id = d.mailing_id AND d.state = 'listed'
    WHERE d.case_id = ANY(:cases) AND (d.due_on IS NOT NULL OR d.moment = 'moved') AND d.state <> 'superseded'
    ORDER BY CASE d.state WHEN 'told' THEN d.settled_at ELSE COALESCE(g.handed_over_at, d.handed_over_at) END NULLS LAST, d.id
""")
_SUPERSEDE = text("""
    UPDATE deliveries SET state = 'superseded', settled_at = now() WHERE id = ANY(:ids) AND state IN ('owed', 'held', 'listed')
""")
# A message of dates of which none is still so: each step has been decided, or has moved again and another message says where to.
_LAY_ASIDE = text("""
    UPDATE deliveries d SET state = 'superseded', settled_at = now()
    WHERE d.moment = 'moved' AND (CAST(:case_id AS bigint) IS NULL OR d.case_id = :case_id)
      AND (d.state IN ('owed', 'held')
           OR d.state = 'listed' AND d.mailing_id IN (SELECT id FROM mailings WHERE state = 'owed' AND NOT may_be_twice))
      AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(CAST(d.details AS jsonb) -> 'moved') AS x (step text, party text, round int, now_on date)
          JOIN steps s ON s.case_id = d.case_id AND s.step = x.step AND s.party = x.party AND s.round = x.round AND s.closed_seq IS NULL
           AND COALESCE(s.due_on, s.target_on) IS NOT DISTINCT FROM x.now_on)
""")
# Kept only where it is another date than the letter was owed with, or was noted at an earlier try. Every letter bears a date of law; a target only
# some do.
_NOTE = text("""
    UPDATE deliveries d SET details = CAST(CAST(d.details AS jsonb) || jsonb_build_object('told_on', x.told_on) AS text)
    FROM (SELECT s.case_id, s.no, CASE WHEN :bears_target THEN COALESCE(s.due_on, s.target_on) ELSE s.due_on END AS told_on FROM steps s
          WHERE s.case_id = :case_id AND s.no = :no AND s.closed_seq IS NULL) x
    WHERE d.id = :id AND (x.told_on IS DISTINCT FROM d.due_on OR d.details LIKE '%"told_on"%')
""")


@dataclass
class Reader:
    """What one reader was told of a case's dates, and their messages of moved dates that have not left yet."""

    roles: list[str] = field(default_factory=list)  # in which they were written to, the last one last
    told: dict[Key, date] = field(default_factory=dict)
    unsent: list[int] = field(default_factory=list)
    unsent_keys: set[Key] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One line of a message: the date that the reader was told, and the date now (None: there is none any more)."""

    step: str
    party: str
    round: int
    was_on: date
    now_on: date | None

    def as_json(self) -> dict[str, Any]:
        """As it stands in `Delivery.details`."""
        now_on = self.now_on.isoformat() if self.now_on else None
        return {"step": self.step, "party": self.party, "round": self.round, "was_on": self.was_on.isoformat(), "now_on": now_on}


@dataclass(frozen=True, slots=True)
class Hearer:
    """A reader who is to hear of moved dates of a case, in a role that is still theirs. `unsent`: their messages that this one takes over."""

    case_id: int
    who: Who
    name: str
    kind: str
    role: str
    lines: tuple[MovedLine, ...]
    unsent: tuple[int, ...] = ()

    def and_for(self, other: Hearer) -> Hearer:
        """This reader, who also stands in for the reader of `other`: one message, each step once."""
        mine = {(one.step, one.party, one.round) for one in self.lines}
        more = tuple(one for one in other.lines if (one.step, one.party, one.round) not in mine)
        return replace(self, lines=self.lines + more, unsent=self.unsent + other.unsent)


def moved_rows(session: Session, taken: Sequence[Any], timetable: Timetable) -> list[dict[str, Any]]:
    """Rows of `deliveries` for the dates that moved in these outbox rows' cases. In the transaction that spreads them (scheduler).

    They go when the reader may be written to: the family at once, an officer with their list, staff on their morning unless the day is near.
    """
    of_case = {row.case_id: row for row in taken}
    untold = session.execute(_UNTOLD, {"cases": list(of_case)}).all()
    if not untold:
        return []
    session.execute(_TOLD, {"ids": [one.id for one in untold]})
    moves: dict[int, list[Any]] = defaultdict(list)
    for one in untold:
        moves[one.case_id].append(one)
    steps = {case: {(m.step, m.party, m.round) for m in found} for case, found in moves.items()}
    rows: list[dict[str, Any]] = []
    definitions = definitions_by_hash(session, {row.hash for row in taken})
    for hearer in who_hears(session, steps, timetable.today):
        outbox = of_case[hearer.case_id]
        session.execute(_SUPERSEDE, {"ids": list(hearer.unsent)})
        row = _row(outbox, moves[hearer.case_id], hearer, len(rows))
        rows.append(row | _when_it_goes(hearer, definitions[outbox.hash].roles.get(hearer.role), outbox.school_id, timetable))
    return rows


def who_hears(
    session: Session, steps: Mapping[int, set[Key]], today: date, now: Mapping[int, Mapping[Key, date | None]] | None = None
) -> list[Hearer]:
    """Of these cases and steps: each reader who was told another date than that of `now` (not given: as the rows stand).

    A reader who would not be told any more is passed over: who has left, handed on their role, or may not be written to. For one who is away
    whoever stands in for them hears.
    """
    cases = list(steps)
    dates = now if now is not None else _dates_now(session, cases)
    readers = _readers(session, cases)
    still = recipients(session, dict.fromkeys((case, role) for (case, _), one in readers.items() for role in one.roles), today) if readers else {}
    routes = la_routes(session, (case for (case, _), one in readers.items() if LA in one.roles), today)
    hearers: dict[tuple[int, Who], Hearer] = {}
    for (case, who), reader in readers.items():
        about = steps[case] | reader.unsent_keys
        lines = _lines(reader, about, dates.get(case, {}))
        found = next(
            (
                (role, one)
                for role in reversed(reader.roles)
                for one in (*still[case, role], *routes.named(case, role))
                if _is_or_stands_in_for(one, who)
            ),
            None,
        )
        if lines and found is not None:
            role, one = found
            hearer = Hearer(case, _who(one), one.name, one.kind, role, tuple(lines), tuple(reader.unsent))
            before = hearers.get((case, hearer.who))
            hearers[case, hearer.who] = hearer if before is None else before.and_for(hearer)
    return list(hearers.values())


def lay_aside_moved(session: Session, case_id: int | None = None) -> None:
    """Messages of moved dates that say nothing true any more are not sent."""
    session.execute(_LAY_ASIDE, {"case_id": case_id})


def note_told(session: Session, delivery: Delivery, *, bears_target: bool) -> None:
    """A letter bears the date of its step as it is when it is written, not as it was when it was owed: keep which one the reader is told.

    `bears_target`: its text names the trust's own day where the law sets none; else its reader is told no such day.
    """
    if delivery.no is not None:
        session.execute(_NOTE, {"id": delivery.id, "case_id": delivery.case_id, "no": delivery.no, "bears_target": bears_target})


def _when_it_goes(hearer: Hearer, role: Role | None, school_id: int, timetable: Timetable) -> dict[str, Any]:
    """Held for a list or a morning, or after which wait it goes. The day it is about is the nearer of old and new: who goes by either must know."""
    nearest = min(day for line in hearer.lines for day in (line.was_on, line.now_on) if day is not None)
    to_an_officer = reader_kind(role, hearer.kind) == "officer"
    goes = timetable.goes(Message(role, hearer.kind, school_id, to_an_officer, False, nearest))
    common = {"owed_on": timetable.today, "held_for": goes.held_for, "next_try_at": timetable.moment + goes.wait}
    return common | {"state": "held" if goes.held_for else "owed"}


def _lines(reader: Reader, about: Iterable[Key], now: Mapping[Key, date | None]) -> list[MovedLine]:
    pairs = ((key, reader.told.get(key), now.get(key)) for key in about if key in now)
    found = [MovedLine(*key, was, is_now) for key, was, is_now in pairs if was is not None and was != is_now]
    return sorted(found, key=lambda one: (one.now_on or date.max, one.step, one.party))


def _dates_now(session: Session, cases: list[int]) -> dict[int, dict[Key, date | None]]:
    found: dict[int, dict[Key, date | None]] = defaultdict(dict)
    for row in session.execute(_NOW, {"cases": cases}):
        found[row.case_id][row.step, row.party, row.round] = row.now_on
    return found


def _readers(session: Session, cases: list[int]) -> dict[tuple[int, Who], Reader]:
    """Each reader of these cases' letters, in the order in which they were owed: what they were told last stands last."""
    found: dict[tuple[int, Who], Reader] = {}
    for letter in session.execute(_LETTERS, {"cases": cases}):
        if letter.person_id is None and letter.authority_id is None:
            continue  # nobody to write to
        if not letter.sent and letter.moment != MOMENT:
            continue
        reader = found.setdefault((letter.case_id, (letter.person_id, letter.authority_id)), Reader())
        reader.roles = [*(role for role in reader.roles if role != letter.to_role), letter.to_role]
        told = dict(_told_by(letter))
        if letter.sent:
            reader.told |= told
        elif letter.state in UNSENT:
            reader.unsent.append(letter.id)
            reader.unsent_keys |= told.keys()
    return found


def _told_by(letter: Any) -> Iterator[tuple[Key, date]]:
    details = json.loads(letter.details)
    if letter.moment != MOMENT:
        told_on = details.get("told_on", letter.due_on.isoformat())
        if told_on:
            yield (letter.step, letter.party, letter.round or 0), date.fromisoformat(told_on)
        return
    for line in details["moved"]:
        if line["now_on"]:
            yield (line["step"], line["party"], line["round"]), date.fromisoformat(line["now_on"])


def _who(one: Recipient) -> Who:
    return one.person_id, one.authority_id


def _is_or_stands_in_for(one: Recipient, who: Who) -> bool:
    """Whoever is away is told by whoever stands in for them."""
    return _who(one) == who or (who[0] is not None and one.stands_in_for == who[0])


def _row(outbox: Any, moves: Sequence[Any], hearer: Hearer, place: int) -> dict[str, Any]:
    """`once_key` is of the last move: the same moves tell a reader once."""
    person_id, authority_id = hearer.who
    reader = f"person {person_id}" if person_id is not None else f"authority {authority_id}"
    acts = sorted({one.seq for one in moves if not one.put_right})
    return {
        "case_id": outbox.case_id,
        "person_id": person_id,
        "authority_id": authority_id,
        "seq": max(one.seq for one in moves),
        "school_id": outbox.school_id,
        "due_on": None,
        "no": None,
        "round": None,
        "rung": None,
        "step": "",
        "party": "",
        "moment": MOMENT,
        "template": TEMPLATE,
        "to_role": hearer.role,
        "severity": "",
        "state": "owed",
        "error_code": "",
        "reference": f"{outbox.ref}/{outbox.id}.moved.{place}",
        "once_key": f"{outbox.case_id}/moved {moves[-1].id}/{reader}",
        "details": json.dumps({"acts": acts, "moved": [one.as_json() for one in hearer.lines]}, sort_keys=True),
    }
