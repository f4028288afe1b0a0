"""The trust at a glance: what each school and each LA owes, what is late, and how that was in the last twelve weeks."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from db.queries.trust_week import A_WEEK, trust_week
from web.console import console_of, page
from web.trust_reader import schools_of_trust_reader

router = APIRouter()


@router.get("/trust")
def trust(request: Request) -> Response:
    """Every school of mine and every LA of its children today, counted as in Prefect's table and in Monday's report, which looks further ahead before
    a holiday."""
    schools, console = schools_of_trust_reader(request), console_of(request)
    today = console.clock.today()
    with console.engines.app(schools) as session:
        week = trust_week(session, today, today - A_WEEK)
    return page(request, "trust.html", week=week)
