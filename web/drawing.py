"""The drawing of a case as a picture, for whoever may read the case's page. It holds steps and dates, and no name."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from rules.drawing.drawn import draw_case
from rules.drawing.svg import as_svg
from web.console import console_of
from web.readable_case import readable_case

router = APIRouter()


@router.get("/cases/{ref}/drawing.svg")
def show(request: Request, ref: str) -> Response:
    """The case's way, where it stands and what is late; 404 also for a case of a school that is not mine."""
    found, today = readable_case(request, ref), console_of(request).clock.today()
    return Response(as_svg(draw_case(found.definition, found.head.ref, found.position, today)), media_type="image/svg+xml")
