"""How cases ended, for whoever holds something of theirs (a flow run) and must let go of it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session


def ends_of(session: Session, cases: Iterable[str]) -> dict[str, str]:
    """The end of each of these cases that has ended, by reference. Open and unknown ones are left out."""
    rows = session.execute(text("SELECT ref, ended FROM cases WHERE ended <> '' AND ref = ANY (:cases)"), {"cases": list(cases)})
    return {row.ref: row.ended for row in rows}
