"""How I hear: the hour of my morning's message, whether a note in Teams says that it is there, and reports in the school holidays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from db.preferences import FIRST_HOUR, LAST_HOUR, CannotPrefer, set_wants, wants_of
from db.queries.message_words import WORDS
from db.reports import leads_by_mail
from web.console import console_of, page
from web.posted import posted_form
from web.signed_in import check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
CHOICES = {"yes": True, "no": False}


@router.get("/my-messages")
def show(request: Request, saved: str = "") -> Response:
    """What this person asked for, and the form to ask for something else."""
    return _page(request, {}, {}, saved=bool(saved))


@router.post("/my-messages")
def save(request: Request, form: Form) -> Response:
    """Keep it. What cannot be is told beside its question, and nothing is saved."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    hour = form.get("morning_at", "")
    try:
        with console.engines.scheduler() as session:
            set_wants(
                session,
                me.person_id,
                int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else -1,
                form.get("teams") == "yes",
                form.get("teams_url", "").strip(),
                hosts=console.settings.teams_hosts.split(),
                reports_in_holidays=CHOICES.get(form.get("in_holidays", "")) if leads_by_mail(session, me.person_id, console.clock.today()) else None,
            )
    except CannotPrefer as fault:
        return _page(request, form, {fault.field: fault.message})
    return RedirectResponse("/my-messages?saved=1", 303)


def _page(request: Request, typed: Mapping[str, str], errors: Mapping[str, str], *, saved: bool = False) -> Response:
    me, console = require_signed_in(request), console_of(request)
    with console.engines.scheduler() as session:
        wants = wants_of(session, me.person_id)
        has_reports = leads_by_mail(session, me.person_id, console.clock.today())
    return page(
        request,
        "my_messages.html",
        422 if errors else 200,
        wants=wants,
        has_reports=has_reports,
        not_taken=WORDS.get(wants.not_taken, ""),
        hours=range(FIRST_HOUR, LAST_HOUR + 1),
        teams_can_be=bool(console.settings.teams_hosts.split()),
        typed=typed,
        errors=dict(errors),
        saved=saved,
    )
