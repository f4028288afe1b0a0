"""A case as its own page reads it, for the pages that hang on it."""

from __future__ import annotations

from fastapi import HTTPException, Request

from db.queries.case_page import CasePage, case_page
from web.console import console_of
from web.signed_in import require_signed_in


def readable_case(request: Request, ref: str) -> CasePage:
    """The case, in the scope of whoever is signed in. Raises HTTPException 404 where there is none that they may read."""
    me, console = require_signed_in(request), console_of(request)
    with console.engines.app(me.roles) as session:
        found = case_page(session, ref, console.clock.today())
    if found is None:
        raise HTTPException(404)
    return found
