"""The drawing of a case as a picture, for whoever may read the case's page. It holds steps and dates, and no name."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from db.queries.case_page import case_page
from rules.drawing.drawn import draw_case
from rules.drawing.svg import as_svg
from web.console import console_of
from web.signed_in import require_signed_in

router = APIRouter()


@router.get("/cases/{ref}/drawing.svg")
def show(request: Request, ref: str) -> Response:
    """The case's way, where it stands and what is late; 404 also for a case of a school that is not mine."""
    me = require_signed_in(request)
    console = console_of(request)
    today = console.clock.today()
    with console.engines.app(me.roles) as session:
        found = case_page(session, ref, today)
    if found is None:
        raise HTTPException(404)
    return Response(as_svg(draw_case(found.definition, found.head.ref, found.position, today)), media_type="image/svg+xml")
