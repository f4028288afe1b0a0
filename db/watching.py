"""What the ledger itself tells about its automation: is a worker alive, are wakes taken, messages sent, schedules kept. Prefect is never asked.

`look` reads, `incidents` judges. An incident is named for its kind, so that a person hears of it once and not each minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db import wakes
from db.deliveries import OF_THE_SERVER
from db.heartbeats import Beat, beats
from db.one_at_a_time import at_work, number_of
from db.permissions import role_title
from db.queries.unowned import UnownedTold, unowned_told

WORKER = "wakes"  # the heartbeat of the loop that serves wakes
LATE = timedelta(minutes=3)  # looked at each minute, so that a person hears within five
SCHEDULE_LATE = timedelta(minutes=3)  # beyond its time; with the heartbeat each five minutes a person hears within ten
AT_WORK_LATE = timedelta(hours=1)  # what is at it has begun: two hundred lists over TLS take their minutes, and only a thread that hangs takes hours
DAY, LONG_DAY = timedelta(days=1), timedelta(hours=2)  # the day on which the clocks go back has 25 hours, and a sweep takes its time
SENDING_LATE = timedelta(minutes=10)  # a message whose time has come and that nobody tries
BY_HAND = {"backup": "`sendflow backup`", "drill": "`sendflow drill`"}  # what a person's own timer starts; once heard, its silence counts
BY_HAND_LATE = timedelta(hours=6)  # beyond the day, or the 35 days, that its heartbeat names

_LOOK = text("""
    WITH sending AS (
        SELECT state, error_code, refused_since, next_try_at, claimed_until FROM deliveries WHERE state IN ('owed', 'claimed', 'handed_over')
        UNION ALL
        SELECT state, error_code, refused_since, next_try_at, claimed_until FROM mailings WHERE state IN ('owed', 'claimed', 'handed_over')
    )
    SELECT now() AS now,
        (SELECT made_at FROM instance_identity) AS made_at,
        (SELECT min(wanted_at) FROM wakes WHERE wanted > served AND parked_at IS NULL
            AND (leased_until IS NULL OR leased_until < now())) AS wanted_at,
        (SELECT count(*) FROM wakes WHERE wanted > served AND parked_at IS NULL
            AND (leased_until IS NULL OR leased_until < now())) AS wanted,
        (SELECT min(created_at) FROM outbox) AS recorded_at,
        (SELECT count(*) FROM outbox) AS recorded,
        (SELECT min(GREATEST(next_try_at, claimed_until)) FROM sending) AS owed_at,
        (SELECT count(*) FROM sending WHERE GREATEST(next_try_at, claimed_until) < now() - make_interval(secs => :sending)) AS owed,
        (SELECT min(refused_since) FROM sending WHERE state = 'owed' AND error_code = ANY(:of_the_server)) AS refused_at,
        (SELECT count(*) FROM sending WHERE state = 'owed' AND error_code = ANY(:of_the_server)) AS refused
""")


@dataclass(frozen=True, slots=True)
class Queue:
    """Work that waits to be taken: how many, and since when the first waits (UTC, the database's own time); None: nothing waits."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One look. `now` is the database's time, which the queues are in; `clock` the installation's, which heartbeats are in; `made_at`: when
    the ledger was made, for work that was never heard of yet. All UTC."""

    now: datetime
    clock: datetime
    made_at: datetime
    beats: tuple[Beat, ...]
    wanted: Queue
    recorded: Queue
    owed: Queue
    refused: Queue
    parked: tuple[str, ...]
    unowned: tuple[UnownedTold, ...] = ()
    at_work: frozenset[int] = frozenset()  # sweeps that are at it now (`db/one_at_a_time.py`)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something is wrong. `kind` stays the same while it lasts; `words` say what and what to do, with counts and case references only."""

    kind: str
    words: str


def look(session: Session, clock: datetime) -> Seen:
    """Read it all, in a scheduler session. `clock`: the installation's time, UTC."""
    row = session.execute(_LOOK, {"sending": SENDING_LATE.total_seconds(), "of_the_server": list(OF_THE_SERVER)}).one()
    return Seen(
        row.now,
        clock,
        row.made_at,
        tuple(beats(session)),
        Queue(row.wanted, row.wanted_at),
        Queue(row.recorded, row.recorded_at),
        Queue(row.owed, row.owed_at),
        Queue(row.refused, row.refused_at),
        tuple(wakes.parked(session)),
        tuple(unowned_told(session)),
        at_work(session),
    )


def incidents(seen: Seen, due: Mapping[str, datetime]) -> list[Incident]:
    """What is wrong. `due`: when each scheduled piece of work was last to run (UTC), by the name of its heartbeat."""
    return [
        *_of_the_worker(seen),
        *_of_the_schedules(seen, due),
        *_of_work_by_hand(seen),
        *_of_errors(seen.beats),
        *_of_parked(seen.parked),
        *_of_unowned(seen.unowned),
    ]


def of_the_installation(seen: Seen) -> list[Incident]:
    """What is wrong with the automation itself, for the console: judged by how often each piece of work was to come, since the console knows no
    schedules. Cases that are set aside and roles in which nobody can act stand on its pages anyway."""
    return [*_of_the_worker(seen), *_of_rhythm(seen), *_of_work_by_hand(seen), *_of_errors(seen.beats)]


def _of_rhythm(seen: Seen) -> Iterable[Incident]:
    for one in seen.beats:
        silent, every = seen.clock - one.beat_at, timedelta(seconds=one.every_seconds)
        if one.name != WORKER and one.name not in BY_HAND and every and silent > every + (LONG_DAY if every >= DAY else SCHEDULE_LATE):
            words = f"{one.name} was last heard {_words(silent)} ago, and comes each {_words(every)}."
            yield Incident(f"silent {one.name}", f"{words} See whether the Prefect server and a worker run.")


def _of_unowned(all_unowned: Iterable[UnownedTold]) -> Iterable[Incident]:
    for one in all_unowned:
        role = role_title(one.owner)
        alone = f"whoever could is whom {one.case} is about" if one.aside else f"only the author could give the approval in {one.case}"
        words = alone if one.about else f"{one.steps} open steps, the first in {one.case}"
        yield Incident(
            f"unowned {one.school_id} {one.owner} {one.about}".rstrip(),
            f"Nobody can act as {role} at one school: {words}. Enter who it is (import staff.csv), or who stands in (`sendflow absence add`).",
        )


def _of_the_worker(seen: Seen) -> Iterable[Incident]:
    silent = seen.clock - _heard(seen, WORKER)
    if silent > LATE:
        words = f"No worker has been heard for {_words(silent)}: no case is woken and no message sent. Start a worker."
        yield Incident("worker", f"{words} If one runs, see whether the Prefect server answers it.")
    if (waits := _waits(seen, seen.wanted)) > LATE:
        yield Incident(
            "wakes", f"{seen.wanted.count} cases want to be woken, the first for {_words(waits)}: nobody takes them. See the worker's log."
        )
    if (waits := _waits(seen, seen.recorded)) > LATE:
        yield Incident(
            "outbox",
            f"{seen.recorded.count} acts are recorded, the first {_words(waits)} ago, and what follows from them is not done. See the worker's log.",
        )
    if seen.owed.count:
        waits = _waits(seen, seen.owed)
        yield Incident("sending", f"{seen.owed.count} messages are owed and nobody sends them, the first for {_words(waits)}. See the worker's log.")
    if (waits := _waits(seen, seen.refused)) > SENDING_LATE:
        words = f"The mail server or the SMS service takes nothing: {seen.refused.count} messages wait, the first for {_words(waits)}."
        yield Incident("mail", f"{words} See `sendflow status`, whether it runs, and whether SENDFLOW_MAIL_URL and SENDFLOW_SMS_URL are right.")


def _of_the_schedules(seen: Seen, due: Mapping[str, datetime]) -> Iterable[Incident]:
    for name, due_at in due.items():
        late = AT_WORK_LATE if number_of(name) in seen.at_work else SCHEDULE_LATE
        if _heard(seen, name) < due_at and seen.clock - due_at > late:
            heard = [f"{one.beat_at:%d %B at %H:%M} UTC" for one in seen.beats if one.name == name]
            yield Incident(
                f"schedule {name}",
                f"{name} was to run at {due_at:%H:%M} UTC and has not come to its end; last heard: {heard[0] if heard else 'never'}. "
                "See whether the Prefect server and a worker run.",
            )


def _of_work_by_hand(seen: Seen) -> Iterable[Incident]:
    for one in seen.beats:
        silent = seen.clock - one.beat_at
        if one.name in BY_HAND and silent > timedelta(seconds=one.every_seconds) + BY_HAND_LATE:
            yield Incident(
                f"late {one.name}", f"The last {one.name} is {_words(silent)} old. Run {BY_HAND[one.name]}, and see why its timer did not."
            )


def _of_errors(all_beats: Sequence[Beat]) -> Iterable[Incident]:
    for one in all_beats:
        if one.error_code:
            yield Incident(f"failed {one.name}", f"{one.name} ended with the error {one.error_code}. See the worker's log.")


def _of_parked(cases: Sequence[str]) -> Iterable[Incident]:
    for case in cases:
        yield Incident(f"parked {case}", f"{case} failed five times and is set aside until a person looks. Deciding anything in it tries it again.")


def _heard(seen: Seen, name: str) -> datetime:
    return next((one.beat_at for one in seen.beats if one.name == name), seen.made_at)


def _waits(seen: Seen, queue: Queue) -> timedelta:
    return seen.now - queue.since if queue.since is not None else timedelta(0)


def _words(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"
