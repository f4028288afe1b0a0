"""The rights of a plan pass to the young person in the middle of a case: the SENCO is told, and told again each week while it stands.

Software corrects nothing here: whether a young person can decide for themselves, or somebody else does (SEND Regulations 2014 reg 64), is for people
to judge.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.queries.rights import rights_passed

MOMENT = "rights_passed"
AGAIN = timedelta(weeks=1)
_OWE = text("""
    INSERT INTO outbox (case_id, seq, school_id, messages)
    SELECT c.id, c.version, c.school_id, json_build_object('owed', json_build_array(json_build_object('template', 'shared/rights_passed',
           'moment', CAST(:moment AS text), 'step', '', 'party', '', 'round', 0, 'no', 0, 'to', 'senco', 'once', CAST(:once AS text),
           'morning', true)))::text
    FROM cases c WHERE c.id = :case AND (c.readers IS NULL OR 'senco' = ANY (c.readers))
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.case_id = c.id AND d.moment = :moment AND d.owed_on > :since)
    RETURNING id
""")


def tell_rights_passed(session: Session, today: date) -> int:
    """Owe the SENCO a line of the morning for each case of `rights_passed` of which none was owed in the last week. Returns how many.

    In the caller's transaction (scheduler). Run again on the same day, it tells nothing twice.
    """
    told = 0
    for one in rights_passed(session, today):
        values = {"case": one.case_id, "moment": MOMENT, "once": f"{MOMENT}/{today}", "since": today - AGAIN}
        told += len(session.execute(_OWE, values).all())
    return told
