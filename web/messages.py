"""Sent messages: in the demo the mails themselves, as they lie in its own mail server; else what was sent to whom, and whether it was taken."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup

from db.queries.messages import LIST, lines_of_lists, messages_of, sent_messages
from db.queries.messages_to_me import messages_to
from notifications.sink import KeptMail, kept_mail, kept_mails
from web.console import console_of, page
from web.signed_in import SignedIn, require_signed_in

router = APIRouter()
_SHOWN = 200


@router.get("/messages")
def messages(request: Request) -> Response:
    """What has been sent for my schools, newest first."""
    me = require_signed_in(request)
    console = console_of(request)
    with console.engines.app(me.schools_where("read_messages")) as session:
        sent = sent_messages(session, _SHOWN)
    with console.engines.scheduler() as session:
        to_me = messages_to(session, me.person_id)
    mails: dict[str, KeptMail] = {}
    if console.settings.demo:
        lists = {m.reference for m in sent if m.reference.startswith(LIST)}
        mine = {m.reference for m in sent} - lists | _whole_lists(request, me, lists) | {m.reference for m in to_me}
        mails = {mail.reference: mail for mail in kept_mails(console.settings.folder / "mail") if mail.reference in mine}
    return page(request, "messages.html", sent=sent, to_me=to_me, mails=mails)


@router.get("/messages/{mail_id}")
def one(request: Request, mail_id: str) -> Response:
    """One mail of the demo, as its reader sees it; 404 for another school's."""
    me = require_signed_in(request)
    console = console_of(request)
    mail = kept_mail(console.settings.folder / "mail", mail_id) if console.settings.demo else None
    if mail is None or not _mine(request, me, mail.reference):
        raise HTTPException(404)
    return page(request, "message.html", mail=mail, body=Markup(mail.html))  # noqa: S704  our own letter, escaped when it was written; the page runs no script of it


def _mine(request: Request, me: SignedIn, reference: str) -> bool:
    """A letter of a case that I may read, a message to me, or an officer's list of my cases alone."""
    engines, case = console_of(request).engines, reference.partition("/")[0]
    with engines.scheduler() as session:
        if any(m.reference == reference for m in messages_to(session, me.person_id)):
            return True
    if reference.startswith(LIST):
        return reference in _whole_lists(request, me, {reference})
    with engines.app(me.schools_where("read_messages")) as session:
        return any(m.reference == reference for m in messages_of(session, case))


def _whole_lists(request: Request, me: SignedIn, references: Collection[str]) -> set[str]:
    """Those lists to officers whose every line I may read; one that holds a line of another school is not mine, nor is anybody's morning."""
    engines = console_of(request).engines
    with engines.scheduler() as session:
        whole = lines_of_lists(session, references)
    with engines.app(me.schools_where("read_messages")) as session:
        mine = lines_of_lists(session, references)
    return {one for one, lines in whole.items() if mine.get(one) == lines}
