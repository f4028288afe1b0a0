"""When each scheduled piece of work last came to its end. Silence is an alarm, read from here and never from Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Beat:
    """The last end of one piece of work: `beat_at` (UTC), how often it should come, what it counted, and the error it ended with, if any."""

    name: str
    beat_at: datetime
    every_seconds: int
    counted: int
    error_code: str


def beat(session: Session, name: str, now: datetime, *, every_seconds: int, counted: int = 0, error_code: str = "") -> None:
    """Say that this piece of work came to its end at `now` (UTC)."""
    session.execute(
        text("""
        INSERT INTO heartbeats (name, beat_at, every_seconds, counted, error_code) VALUES (:name, :now, :every, :counted, :code)
        ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, every_seconds = excluded.every_seconds, counted = excluded.counted,
            error_code = excluded.error_code"""),
        {"name": name, "now": now, "every": every_seconds, "counted": counted, "code": error_code},
    )


def beats(session: Session) -> list[Beat]:
    """Every heartbeat, the longest silent first."""
    rows = session.execute(text("SELECT name, beat_at, every_seconds, counted, error_code FROM heartbeats ORDER BY beat_at"))
    return [Beat(*row) for row in rows]


def move_beats(session: Session, by: timedelta) -> None:
    """A demo's clock was moved by so much: its heartbeats move with it, for nothing was silent meanwhile. So does the moment of its making, from
    which what has not run yet is waited for."""
    session.execute(text("UPDATE heartbeats SET beat_at = beat_at + :by"), {"by": by})
    session.execute(text("UPDATE instance_identity SET made_at = made_at + :by"), {"by": by})
