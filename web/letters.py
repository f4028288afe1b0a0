"""A message that reached nobody: its letter, to print or to read out, and recording that the reader was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import TemplateError
from markupsafe import Markup

from db.models import Delivery
from db.queries.messages import MessageRow, message_of
from db.told_by_a_person import WAY_WORDS, CannotTell, Telling, tell
from notifications.on_paper import Paper, letter_on_paper
from notifications.render import TemplateMissing
from web.console import console_of, page
from web.fact_fields import date_text
from web.posted import posted_form
from web.signed_in import check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]


@router.get("/letters/{number}")
def show(request: Request, number: int) -> Response:
    """The letter, and the form to say that they were told; 404 for another school's, and for a message that mail did bring."""
    today = console_of(request).clock.today()
    return _page(request, _message(request, number), {"on-day": str(today.day), "on-month": str(today.month), "on-year": str(today.year)}, {})


@router.post("/letters/{number}")
def told(request: Request, number: int, form: Form) -> Response:
    """Record how and when they were told. What cannot be is told beside its question, and nothing is saved."""
    me, message, console = require_signed_in(request), _message(request, number), console_of(request)
    check_form(request, form.get("csrf"))
    try:
        telling = Telling(form.get("way", ""), _day(form), me.person_id)
        with console.engines.scheduler() as session:
            tell(session, message.id, telling, console.clock.today())
    except CannotTell as fault:
        return _page(request, message, form, {fault.field or "way": fault.message})
    return RedirectResponse(f"/cases/{message.case}#messages", 303)


def _day(form: Mapping[str, str]) -> date:
    typed = date_text(form, "on")
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise CannotTell(f"{typed or 'Nothing'} is not a date. Write it as 4 3 2027", "on") from None


def _message(request: Request, number: int) -> MessageRow:
    me = require_signed_in(request)
    with console_of(request).engines.app(me.schools_where("read_messages")) as session:
        found = message_of(session, number)
    if found is None or not found.reached_nobody:
        raise HTTPException(404)
    return found


def _page(request: Request, message: MessageRow, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    paper = _paper(request, message)
    return page(
        request,
        "letter.html",
        422 if errors else 200,
        message=message,
        paper=paper,
        body=Markup(paper.html) if paper else "",  # noqa: S704  our own letter, escaped when it was written
        ways=WAY_WORDS,
        typed=typed,
        errors=dict(errors),
    )


def _paper(request: Request, message: MessageRow) -> Paper | None:
    """None where no text can be made: then they are told in one's own words."""
    console = console_of(request)
    try:
        with console.engines.scheduler() as session:
            return letter_on_paper(session, session.get_one(Delivery, message.id), console.clock.today())
    except (TemplateMissing, TemplateError):
        return None
