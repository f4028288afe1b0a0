"""One annual review of a plan's twelve months at a time (CFA 2014 s.44(1)): two that run side by side invite everybody to two meetings."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

from db.acts.opening import Opening
from db.acts.parts import Parts
from db.queries.running_reviews import REVIEW, review_of_the_same_year
from rules.history import Refused

_TURN = "SELECT pg_advisory_xact_lock(hashtext('sendflow review'), hashtext(%s))"  # two who open at once would both find none


def refuse_second_review(parts: Parts, connection: psycopg.Connection[Any], opening: Opening) -> None:
    """Refuse a review for twelve months whose review runs under another last day, until the transaction of `connection` ends.

    The same last day is no second review: it is answered with the one that is there. A change of phase asks for none (it takes the one that runs).
    Raises Refused `review_runs`, naming the case.
    """
    due_on = opening.facts.get("review_due_on")
    if opening.process != REVIEW or opening.pupil_id is None or not isinstance(due_on, date):
        return
    connection.execute(_TURN, (str(opening.pupil_id),))
    with parts.engines.scheduler() as session:
        other = review_of_the_same_year(session, opening.pupil_id, due_on)
    if other is not None:
        raise Refused(
            "review_runs",
            f"The review of these twelve months is open already: {other.ref}, to be decided by {other.due_on}. Go on there. If that day is wrong, "
            "correct it there; if the whole case is, end it as opened in error first.",
        )
