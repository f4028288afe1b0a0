"""No step is left to nobody: where nobody can act in a role, the trust's SEND lead is told the same day, once, until somebody can again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.unowned import Unowned, own_approvals, unowned_roles

MOMENT = "no_able_owner"
_TURN = text("SELECT pg_advisory_xact_lock(24140, 2)")  # two sweeps at once would both tell
_OVER = text("""
    DELETE FROM unowned_roles u WHERE NOT EXISTS (
        SELECT FROM unnest(CAST(:schools AS int[]), CAST(:owners AS text[]), CAST(:abouts AS text[])) AS x (school_id, owner, about)
        WHERE x.school_id = u.school_id AND x.owner = u.owner AND x.about = u.about)
""")
_NOTE = text("""
    INSERT INTO unowned_roles AS u (school_id, owner, about, case_id, steps, told_on) VALUES (:school, :owner, :about, :case, :steps, :today)
    ON CONFLICT (school_id, owner, about) DO UPDATE SET steps = excluded.steps, case_id = excluded.case_id
    RETURNING u.xmax = 0 AS new
""")
_OWE = text("""
    INSERT INTO outbox (case_id, seq, school_id, messages)
    SELECT c.id, c.version, c.school_id, json_build_object('owed', json_build_array(json_build_object('template', CAST(:template AS text),
           'moment', CAST(:moment AS text), 'step', s.step, 'party', s.party, 'round', s.round, 'no', s.no,
           'to', CASE WHEN c.readers IS NULL OR 'trust_send_lead' = ANY (c.readers) THEN 'trust_send_lead' ELSE 'ceo' END,
           'due_on', COALESCE(s.due_on, s.target_on), 'once', CAST(:once AS text))))::text
    FROM cases c JOIN steps s ON s.case_id = c.id AND s.no = :no
    WHERE c.id = :case AND (c.readers IS NULL OR c.readers && '{trust_send_lead,ceo}')
""")


def tell_unowned(session: Session, today: date) -> int:
    """Find the open steps that nobody can act on today and owe the trust's SEND lead (else its chief executive) a message for each role newly so.

    Of a case that neither may read nobody is told by mail; `sendflow watch` names it. In the caller's transaction (scheduler). Returns how many
    were told; run again, it tells nothing twice.
    """
    session.execute(_TURN)
    found = [*unowned_roles(session, today), *_approvals(session, today)]
    session.execute(_OVER, _columns(found))
    new = [one for one in found if _noted(session, one, today)]
    for one in new:
        once = f"{MOMENT}/{one.school_id}/{one.owner}/{one.about}/{today}"
        why = ".aside" if one.aside else ".own_work" if one.about else ""
        about = {"template": f"shared/{MOMENT}{why}", "moment": MOMENT, "once": once}
        session.execute(_OWE, {**about, "case": one.case_id, "no": one.no})
    return len(new)


def _approvals(session: Session, today: date) -> Iterable[Unowned]:
    return (Unowned(one.school_id, one.owner, one.case, 1, one.case_id, one.no) for one in own_approvals(session, today))


def _noted(session: Session, one: Unowned, today: date) -> bool:
    values = {"school": one.school_id, "owner": one.owner, "about": one.about, "case": one.case_id, "steps": one.steps, "today": today}
    return bool(session.execute(_NOTE, values).scalar_one())


def _columns(found: list[Unowned]) -> dict[str, list[object]]:
    return {
        "schools": [one.school_id for one in found],
        "owners": [one.owner for one in found],
        "abouts": [one.about for one in found],
    }
