"""Which Prefect flow run is a case's. The ledger remembers; Prefect may forget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A case's flow run, and its artifact once there is one."""

    case: str
    flow_run_id: UUID
    artifact_id: UUID | None


@dataclass(frozen=True, slots=True)
class CaseWithoutRun:
    """An open case that no flow run serves. `school_urn` tags the run."""

    case: str
    process: str
    school_urn: str


@dataclass(frozen=True, slots=True)
class NewRun:
    """A flow run that was just made for a case."""

    case: str
    flow_run_id: UUID


def run_of(session: Session, case: str) -> CaseRun | None:
    """The flow run of the case with that reference; None if it has none."""
    found = session.execute(
        text("SELECT c.ref, r.flow_run_id, r.artifact_id FROM runs r JOIN cases c ON c.id = r.case_id WHERE c.ref = :case"), {"case": case}
    ).one_or_none()
    return None if found is None else CaseRun(*found)


def all_runs(session: Session) -> list[CaseRun]:
    """The flow run of every open case, for reconciling with Prefect."""
    rows = session.execute(
        text("SELECT c.ref, r.flow_run_id, r.artifact_id FROM runs r JOIN cases c ON c.id = r.case_id WHERE c.ended = '' ORDER BY c.id")
    )
    return [CaseRun(*row) for row in rows]


def runs_remembered(session: Session, since: datetime) -> list[UUID]:
    """The runs of open cases that were remembered since then (an instant)."""
    query = "SELECT r.flow_run_id FROM runs r JOIN cases c ON c.id = r.case_id WHERE c.ended = '' AND r.remembered_at >= :since"
    return list(session.scalars(text(query), {"since": since}))


def ending_runs(session: Session) -> list[UUID]:
    """The runs of ended cases that one more wake is to complete: it is wanted, or will be as soon as what they owe is spread."""
    rows = session.scalars(
        text("""
        SELECT r.flow_run_id FROM runs r JOIN cases c ON c.id = r.case_id
        WHERE c.ended <> '' AND (EXISTS (SELECT 1 FROM wakes w WHERE w.case_id = c.id AND w.wanted > w.served)
                                 OR EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = c.id))""")
    )
    return list(rows)


def remember_run(session: Session, case: str, flow_run_id: UUID, artifact_id: UUID | None = None) -> None:
    """Keep the flow run of a case; a run kept before is replaced, its artifact only when a new one is given."""
    session.execute(
        text("""
        INSERT INTO runs (case_id, school_id, flow_run_id, artifact_id) SELECT id, school_id, :run, :artifact FROM cases WHERE ref = :case
        ON CONFLICT (case_id) DO UPDATE SET flow_run_id = excluded.flow_run_id, remembered_at = now(),
            artifact_id = COALESCE(excluded.artifact_id, runs.artifact_id)"""),
        {"case": case, "run": flow_run_id, "artifact": artifact_id},
    )


def remember_runs(session: Session, runs: Iterable[NewRun]) -> None:
    """`remember_run` for many new runs at once; a case that has a run already keeps it, and a run that another remembers at this moment is theirs to
    keep: both the case and the run are unique."""
    pairs = list(runs)
    session.execute(
        text("""
        INSERT INTO runs (case_id, school_id, flow_run_id)
        SELECT c.id, c.school_id, new.run FROM unnest(CAST(:cases AS text[]), CAST(:runs AS uuid[])) AS new (ref, run) JOIN cases c USING (ref)
        ON CONFLICT DO NOTHING"""),
        {"cases": [one.case for one in pairs], "runs": [str(one.flow_run_id) for one in pairs]},
    )


def forget_run(session: Session, case: str) -> None:
    """Drop what is remembered of a case's run (it is gone from Prefect), so that a new one is opened."""
    session.execute(text("DELETE FROM runs WHERE case_id = (SELECT id FROM cases WHERE ref = :case)"), {"case": case})


def cases_without_run(session: Session, limit: int) -> list[CaseWithoutRun]:
    """Cases that need a flow run and have none, oldest first: those that are open, and those that ended before anybody served their first wake."""
    rows = session.execute(
        text("""
        SELECT c.ref, d.process, s.urn FROM cases c JOIN definitions d ON d.id = c.definition_id JOIN schools s ON s.id = c.school_id
        WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.case_id = c.id) AND (c.ended = ''
              OR EXISTS (SELECT 1 FROM wakes w WHERE w.case_id = c.id AND w.wanted > w.served AND w.parked_at IS NULL))
        ORDER BY c.id LIMIT :limit"""),
        {"limit": limit},
    )
    return [CaseWithoutRun(*row) for row in rows]
