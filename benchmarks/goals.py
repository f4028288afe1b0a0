"""What issue 4 asks of the figures, in its words: one list, from which the tables say what is reached and what is not."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """One bound on figures: of the measure `of`, those whose name matches `measure` wholly, beside `peer` where a ratio is bound.

    `words` are shown beside the figure. `least` and `most` bound the figure itself, or its ratio where `peer` is given.
    """

    of: str
    measure: str
    words: str
    peer: str = ""
    least: float | None = None
    most: float | None = None

    def is_for(self, of: str, measure: str, peer: str) -> bool:
        """Whether this goal bounds that figure."""
        return self.of == of and bool(re.fullmatch(self.measure, measure)) and self.peer in ("", peer)

    def is_met(self, ours: float, ratio: float | None) -> bool:
        """Whether the figure is within the bound. A ratio that is not there, since the peer is not on this machine, meets nothing."""
        value = ratio if self.peer else ours
        return value is not None and (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


ONE_CALL, RAW, STOCK, SQL = "one PL/pgSQL call", "raw psycopg", "stock process worker", "bare SQL"
GOALS = (
    Goal("record", "a waiting case in the ledger, packed.*", "at most 7 kB", most=7_000),
    Goal("record", "chain verification alone.*", "at least 200,000 events/s", least=200_000),
    Goal("rules", r"\w+: one event, seen before, median.*", "at most 10 µs", most=10),
    Goal("rules", r"\w+: the explorer", "under 1 s", most=1),
    Goal("acts", "decision, position read first, 1 process", "at least 1.2 times raw psycopg", RAW, least=1.2),
    Goal("acts", "decision, position kept, 1 process", "at least 1.5 times raw psycopg", RAW, least=1.5),
    Goal("acts", "decision, position kept, 1 process", "at least 0.75 of one PL/pgSQL call", ONE_CALL, least=0.75),
    Goal("acts", "decision, position kept, 2 processes", "at least 0.85 of one PL/pgSQL call", ONE_CALL, least=0.85),
    Goal("batch", "many at once, 1,000 acts of 1,000 cases.*", "at least 5,000/s", least=5_000),
    Goal("batch", "many at once, folded.*", "at least 7,000/s", least=7_000),
    Goal("growth", "chase sweep, 1% due, 1,000,000 open steps, in turn", "within 1.05 times the bare SQL", SQL, most=1.05),
    Goal("growth", "inbox of 200 rows, in the database,.*", "about 1 ms", most=1.5),
    Goal("growth", "the trust's overview, in the database, 100,000 open steps", "under 20 ms", most=20),
    Goal("wakes", "a wake by the resident worker: CPU of client, server and PostgreSQL", "at most 0.12 s", most=0.12),
    Goal(
        "wakes",
        "a wake by the resident worker: CPU of client, server and PostgreSQL",
        "at least 30 times less than the stock worker",
        STOCK,
        most=1 / 30,
    ),
    Goal("idle", "opening a case's run in Prefect in bulk", "at most 20 ms", most=20),
    Goal("idle", "idle minute with 20,000 waiting runs: CPU of server", "under 2 s", most=2),
)


def goal_of(of: str, measure: str, peer: str) -> str:
    """What is asked of that figure, in words; empty where nothing is."""
    return "; ".join(one.words for one in GOALS if one.is_for(of, measure, peer))


def met(of: str, measure: str, peer: str, ours: float, ratio: float | None) -> bool | None:
    """Whether all that is asked of the figure is reached; None where nothing is asked."""
    asked = [one for one in GOALS if one.is_for(of, measure, peer)]
    return all(one.is_met(ours, ratio) for one in asked) if asked else None
