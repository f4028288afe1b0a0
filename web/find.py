"""Cases and pupils of my schools."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from db.queries.cases import list_cases
from web.console import console_of, page
from web.signed_in import require_signed_in

router = APIRouter()


@router.get("/cases")
def cases(request: Request, ended: bool = False) -> Response:
    """Running cases by urgency, or those that have ended."""
    me = require_signed_in(request)
    console = console_of(request)
    with console.engines.app(me.roles) as session:
        found = list_cases(session, running=not ended, limit=500)
    titles = {d.process: d.title for d in console.library.all()}
    return page(request, "cases.html", cases=found, ended=ended, titles=titles)
