"""A file of a case, to be saved: for whoever may read the case."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from db.queries.documents import document
from rules.documents import KINDS
from web.console import console_of
from web.signed_in import require_signed_in

router = APIRouter()


@router.get("/cases/{ref}/documents/{number}")
def save(request: Request, ref: str, number: int) -> Response:
    """The file as an attachment: no browser opens what somebody outside sent within our pages. 404 also for another school's."""
    me = require_signed_in(request)
    with console_of(request).engines.app(me.roles) as session:
        found = document(session, ref, number)
    if found is None:
        raise HTTPException(404)
    name, kind, content = found
    plain = f"{ref}-{number}.{kind}"
    saved_as = {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=KINDS[kind], headers=saved_as)
