"""What a decision, an inbox, a case's page, the trust's overview and the chase sweep cost at 10,000, 100,000 and 1,000,000 open steps.

Each school has 200 open steps in 40 cases. The sweep at the largest size is timed in turn with the peers' bare statement over as many steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

from benchmarks.database_time import database_time
from benchmarks.definition import ROUNDS
from benchmarks.figures import Figure
from benchmarks.peers import peers
from benchmarks.server import OURS, settle, superuser
from benchmarks.standing_trust import standing_trust
from benchmarks.trust import BenchTrust, ballast
from db.chase import sweep_all
from db.queries.case_page import case_page
from db.queries.inbox import inbox
from db.queries.overview import overview

SIZES = (10_000, 100_000, 1_000_000)
FAN_OPEN, STEPS_A_CASE, STEPS_A_SCHOOL = 3, 5, 200
DECIDING = 20


def growth() -> list[Figure]:
    """All figures at the three sizes."""
    figures: list[Figure] = []
    with standing_trust(waiting=0) as trust:
        have, model = 0, trust.open(1)[0]
        trust.bring_to(model, FAN_OPEN)
        for size in SIZES:
            ballast(trust, (size - have) // STEPS_A_CASE, like=model, schools=(size - have) // STEPS_A_SCHOOL)
            have = size
            settle(trust.running)
            figures += _at(trust, size)
        beside = peers(trust.running)
        if beside is None:
            return figures
        theirs = [beside.sweep(SIZES[-1])["wall_s"], _sweep(trust), beside.sweep(SIZES[-1])["wall_s"], _sweep(trust)]
        ours, bare = median(theirs[1::2]), median(theirs[::2])
    return [*figures, Figure("chase sweep, 1% due, 1,000,000 open steps, in turn", round(ours, 3), "s", "bare SQL", round(bare, 3))]


def _at(trust: BenchTrust, size: int) -> list[Figure]:
    at = f"{size:,} open steps"
    with superuser(trust.running, OURS) as connection:
        row = connection.execute("SELECT max(school_id), max(ref) FROM cases WHERE id = (SELECT max(id) FROM cases)").fetchone()
        assert row is not None
        connection.execute("INSERT INTO memberships (person_id, school_id, role) VALUES (%s, %s, 'senco')", (trust.person_id, row[0]))
        every = [int(str(found[0])) for found in connection.execute("SELECT id FROM schools").fetchall()]
    school, ref = int(str(row[0])), str(row[1])

    def read_inbox() -> int:
        with trust.engines.app([school]) as session:
            found = inbox(session, trust.person_id, trust.today)
        return len(found.mine) + len(found.waiting_for)

    def read_page() -> object:
        with trust.engines.app([school]) as session:
            return case_page(session, ref, trust.today)

    def read_overview() -> object:
        with trust.engines.app(every) as session:
            return overview(session, trust.today)

    assert read_inbox() == STEPS_A_SCHOOL, "the inbox holds the school's 200 open steps"
    return [
        Figure(f"decision, {at}", _ms(_decisions(trust)), "ms"),
        Figure(f"inbox of {STEPS_A_SCHOOL} rows, with Python, {at}", _ms(_times(read_inbox, 30)), "ms"),
        Figure(f"inbox of {STEPS_A_SCHOOL} rows, in the database, {at}", _ms(_in_database(read_inbox, 30)), "ms"),
        Figure(f"a case's page, with Python, {at}", _ms(_times(read_page, 30)), "ms"),
        Figure(f"the trust's overview, in the database, {at}", _ms(_in_database(read_overview, 7)), "ms"),
        Figure(f"chase sweep, 1% due, {at}", round(_sweep(trust), 3), "s"),
    ]


def _decisions(trust: BenchTrust) -> list[float]:
    cases, took = trust.open(DECIDING), []
    for step, party in ROUNDS:
        for case in cases:
            took += _times(lambda case=case, step=step, party=party: trust.decide(case, step, party), 1)  # type: ignore[misc]
    return took


def _sweep(trust: BenchTrust) -> float:
    """Make one open step in a hundred due today, none other for a month, and sweep. Asserts that exactly those were chased."""
    today = trust.today
    with superuser(trust.running, OURS) as connection:
        connection.execute("TRUNCATE outbox")
        connection.execute(
            "UPDATE steps SET rung = 0, next_chase_on = %s, chase_on = ARRAY[%s, %s]::date[] "
            "WHERE closed_seq IS NULL AND case_id %% 20 = 0 AND no %% 5 = 0",
            (today, today, today + timedelta(days=30)),
        )
        due = connection.execute("SELECT count(*) FROM steps WHERE closed_seq IS NULL AND next_chase_on <= %s", (today,)).fetchone()
    settle(trust.running)
    began = time.perf_counter()
    chased = sweep_all(trust.engines, today)
    took = time.perf_counter() - began
    assert due is not None and chased == due[0], (chased, due)
    return took


def _times(work: Callable[[], object], times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return took


def _in_database(read: Callable[[], object], times: int) -> list[float]:
    took = []
    for _ in range(times):
        with database_time() as spent:
            read()
        took.append(spent.seconds)
    return took


def _ms(seconds: list[float]) -> float:
    return round(median(seconds) * 1000, 3)
