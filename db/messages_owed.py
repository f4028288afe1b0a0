"""Whether a case has messages that could be sent now."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def owes_messages(session: Session, case: str | None = None) -> bool:
    """True when a message of this case (without one: of any, or a list or morning) is owed and due, or was claimed by somebody who let it lapse."""
    found = session.scalar(
        text("""
        SELECT EXISTS (SELECT 1 FROM deliveries d
          WHERE (d.state = 'owed' AND d.next_try_at <= now() OR d.state IN ('claimed', 'handed_over') AND d.claimed_until < now())
            AND (CAST(:case AS text) IS NULL OR d.case_id = (SELECT id FROM cases WHERE ref = :case)))
          OR CAST(:case AS text) IS NULL AND EXISTS (SELECT 1 FROM mailings
            WHERE state = 'owed' AND next_try_at <= now() OR state IN ('claimed', 'handed_over') AND claimed_until < now())"""),
        {"case": case},
    )
    return bool(found)
