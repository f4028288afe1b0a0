"""Who holds a link to a case: a page on which a SENCO withdraws one, and lets its reader have one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from db.links_held import CannotWithdraw, allow_again, links_held, withdraw_link, withdrawals
from db.permissions import in_words, role_in_which, roles_for
from db.queries.case_page import CasePage
from rules.refusals import step_title
from web.console import console_of, page
from web.posted import posted_form
from web.readable_case import readable_case
from web.signed_in import check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
DEEDS = {"withdraw": withdraw_link, "allow": allow_again}


@router.get("/cases/{ref}/links")
def show(request: Request, ref: str) -> Response:
    """The links to the case's open steps: who holds them, since when, until when, and whether they work."""
    return _page(request, _case(request, ref))


@router.post("/cases/{ref}/links")
def change(request: Request, ref: str, form: Form) -> Response:
    """Withdraw a link, or let its reader have one again; the record says who did. What is no more is said, and nothing is changed."""
    found = _case(request, ref)
    check_form(request, form.get("csrf"))
    me, console = require_signed_in(request), console_of(request)
    try:
        deed, link = DEEDS[form.get("do", "")], UUID(form.get("link", ""))
    except (KeyError, ValueError) as fault:
        raise HTTPException(422, "This form is not complete. Open the page again from the case.") from fault
    try:
        with console.engines.scheduler() as session:
            deed(session, ref, link, by=me.person_id, now=console.clock.now())
    except CannotWithdraw as fault:
        return _page(request, found, fault.message)
    return RedirectResponse(f"/cases/{ref}/links", 303)


def _case(request: Request, ref: str) -> CasePage:
    me, found = require_signed_in(request), readable_case(request, ref)
    if role_in_which(me.roles.get(found.head.school_id, frozenset()), roles_for("make_link")) is None:
        raise HTTPException(403, f"Links are withdrawn by {in_words(found.definition, roles_for('make_link'))}.")
    return found


def _page(request: Request, found: CasePage, fault: str = "") -> Response:
    console, definition = console_of(request), found.definition
    with console.engines.scheduler() as session:
        held = links_held(session, found.head.ref, console.clock.today())
        past = withdrawals(session, found.head.ref)
    steps = {(one.step, one.party) for one in held} | {(one.step, one.party) for one in past}
    titles = {key: step_title(definition, *key) if key[0] in definition.steps else definition.title for key in steps}
    roles = {one.id: definition.roles[one.role].title if one.role in definition.roles else one.role.replace("_", " ") for one in held}
    errors = {"links": fault} if fault else None
    return page(request, "links.html", 422 if fault else 200, case=found, held=held, past=past, titles=titles, roles=roles, errors=errors)
