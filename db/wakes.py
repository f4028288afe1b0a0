"""Wakes: how many a case wants, how many were served, and who holds it meanwhile.

A wake is a hint that there is something to do. It may come twice or late; the ledger says what is to be done. All times are the database's own
(`now()`), so that machines whose clocks differ agree. Every function takes a scheduler session.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

PARK_AFTER = 5

_WANTED = text("""
    SELECT c.ref, r.flow_run_id, d.process, w.wanted
    FROM wakes w JOIN cases c ON c.id = w.case_id JOIN definitions d ON d.id = c.definition_id LEFT JOIN runs r ON r.case_id = w.case_id
    WHERE w.wanted > w.served AND w.parked_at IS NULL AND (w.leased_until IS NULL OR w.leased_until < now())
    ORDER BY w.wanted_at, w.case_id LIMIT :limit
""")
_WANT = text("""
    INSERT INTO wakes (case_id, school_id, wanted) SELECT id, school_id, 1 FROM cases WHERE ref = ANY(:cases) ORDER BY id
    ON CONFLICT (case_id) DO UPDATE SET wanted = wakes.wanted + 1, parked_at = NULL, failures = 0,
        wanted_at = CASE WHEN wakes.wanted > wakes.served THEN wakes.wanted_at ELSE now() END
""")
_WANT_IDLE = text("""
    UPDATE wakes w SET wanted = w.wanted + 1, wanted_at = now() FROM runs r JOIN cases c ON c.id = r.case_id
    WHERE r.case_id = w.case_id AND r.flow_run_id = ANY(:runs) AND w.wanted = w.served AND w.parked_at IS NULL
        AND (w.leased_until IS NULL OR w.leased_until < now())
    RETURNING c.ref
""")
_LEASE = text("""
    UPDATE wakes w SET fence = w.fence + 1, holder = :holder, leased_until = now() + make_interval(secs => :seconds)
    FROM cases c WHERE c.id = w.case_id AND c.ref = :case AND (w.leased_until IS NULL OR w.leased_until < now())
    RETURNING w.fence, w.wanted
""")
_EXTEND = text("""
    UPDATE wakes w SET leased_until = now() + make_interval(secs => :seconds)
    FROM cases c WHERE c.id = w.case_id AND c.ref = :case AND w.fence = :fence AND w.leased_until >= now() RETURNING w.case_id
""")
_SERVED = text("""
    UPDATE wakes w SET served = GREATEST(w.served, LEAST(w.wanted, :upto)), holder = '', leased_until = NULL, failures = 0, error_code = ''
    FROM cases c WHERE c.id = w.case_id AND c.ref = :case AND w.fence = :fence AND w.leased_until >= now() RETURNING w.case_id
""")
_RELEASE = text("""
    UPDATE wakes w SET holder = '', leased_until = NULL, error_code = :code, failures = w.failures + CASE WHEN :code = '' THEN 0 ELSE 1 END,
        parked_at = CASE WHEN :code <> '' AND w.failures + 1 >= :park_after THEN now() ELSE w.parked_at END
    FROM cases c WHERE c.id = w.case_id AND c.ref = :case AND w.fence = :fence AND w.leased_until >= now() RETURNING w.case_id
""")
_HELD = text("""
    SELECT w.case_id FROM wakes w JOIN cases c ON c.id = w.case_id WHERE c.ref = :case AND w.fence = :fence AND w.leased_until >= now() FOR SHARE OF w
""")


@dataclass(frozen=True, slots=True)
class Wake:
    """A case that wants to be woken. `flow_run_id` is None while no run was opened for it; `upto` is how many wakes it wanted when read."""

    case: str
    flow_run_id: UUID | None
    process: str
    upto: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to serve a case for a time. `fence` only grows; whoever shows an older one is refused. Serving it serves `upto` wakes."""

    case: str
    fence: int
    upto: int
    holder: str = ""


def wanted(session: Session, limit: int = 100) -> list[Wake]:
    """Cases that want a wake and that nobody holds, the longest waiting first. Parked ones (five failures in a row) are left out."""
    return [Wake(*row) for row in session.execute(_WANTED, {"limit": limit})]


def want(session: Session, cases: list[str]) -> None:
    """Want one more wake of each of these cases. A parked case is tried again."""
    session.execute(_WANT, {"cases": cases})


def want_idle(session: Session, runs: list[UUID]) -> list[str]:
    """Want one more wake of the cases of these flow runs, but only of those that want none, that nobody holds and that are not parked.

    Returns their references, in order.
    """
    return sorted(session.scalars(_WANT_IDLE, {"runs": runs}))


def lease(session: Session, case: str, holder: str, seconds: float) -> Lease | None:
    """Take the case for that long; None while somebody else holds it (or it never wanted a wake). `holder` names a process, never a person."""
    row = session.execute(_LEASE, {"case": case, "holder": holder, "seconds": seconds}).one_or_none()
    return None if row is None else Lease(case, row.fence, row.wanted, holder)


def extend(session: Session, held: Lease, seconds: float) -> bool:
    """Hold it for that long from now. False: the lease is over, and whoever worked under it must stop."""
    return session.scalar(_EXTEND, {"case": held.case, "fence": held.fence, "seconds": seconds}) is not None


def holds(session: Session, case: str, fence: int) -> bool:
    """Whether this fence still holds the case. Asked in the transaction of an effect, it keeps the lease from passing on before the commit."""
    return session.scalar(_HELD, {"case": case, "fence": fence}) is not None


def served(session: Session, case: str, fence: int, upto: int) -> bool:
    """The wakes up to `upto` are served, and the lease ends. False: a stale fence; nothing was written, the case is still wanted."""
    return session.scalar(_SERVED, {"case": case, "fence": fence, "upto": upto}) is not None


def release(session: Session, case: str, fence: int, error_code: str = "") -> bool:
    """Give the case back unserved. With an error code it counts as a failure; after five in a row the case is parked until somebody looks."""
    return session.scalar(_RELEASE, {"case": case, "fence": fence, "code": error_code, "park_after": PARK_AFTER}) is not None


def leased(session: Session) -> frozenset[str]:
    """The cases that somebody holds now."""
    return frozenset(session.scalars(text("SELECT c.ref FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.leased_until >= now()")))


def parked(session: Session) -> list[str]:
    """Cases whose wakes failed five times in a row: a person must look. Oldest first."""
    return list(
        session.scalars(text("SELECT c.ref FROM wakes w JOIN cases c ON c.id = w.case_id WHERE w.parked_at IS NOT NULL ORDER BY w.parked_at"))
    )
