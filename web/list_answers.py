"""The page on which an officer or adviser answers a whole list by its signed link: done, will be by, waiting for, each with
a file if there is one. One Save; all of it or nothing.

GET records nothing. A line shows initials, never a name, as the list does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from db.acts.actor import Actor
from db.acts.errors import LedgerError
from db.acts.request import request as act_request
from db.acts.together import Answer, RefusedInList
from db.links import LinkWithdrawn
from db.list_links import ListLine, ListLink, ListLinks
from db.queries.case_page import CasePage, case_page
from web.console import Console, console_of, page
from web.list_lines import LineAnswer, can_answer, is_answered, line_form, read_line
from web.posted import PostedList, posted_list

router = APIRouter()
Form = Annotated[PostedList, Depends(posted_list)]
Lines = list[tuple[ListLine, CasePage]]
NOT_YOURS = "Nothing has been saved: something that you answered is with somebody else since you opened this page. What is still yours is below."
NOTHING = "Answer one line at least. You can leave out what you cannot answer yet."


@router.get("/list/{token}")
def show(request: Request, token: str) -> Response:
    """The lines of the list, each with its form. Mail scanners may open it as often as they like."""
    link, lines = _open(request, token)
    return _page(request, link, lines)


@router.post("/list/{token}")
def answer(request: Request, token: str, form: Form) -> Response:
    """Record every answer given, in one transaction; a line without an answer stays as it is. What was settled meanwhile is said."""
    link, lines = _open(request, token)
    today = console_of(request).clock.today()
    try:
        given = [one for line, found in lines if can_answer(line, found) and (one := read_line(line, found, today, form)) is not None]
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open the link again from the message.") from fault
    again = {one.line.id: one.shown_again for one in given}
    if any(is_answered(number, form) for number in link.elsewhere):
        return _page(request, link, lines, form.fields, again, NOT_YOURS)
    over = [line for line, found in lines if not can_answer(line, found) and is_answered(line.id, form)]
    if any(one.errors for one in given) or not (given or any(not line.withdrawn for line in over)):
        return _page(request, link, lines, form.fields, again, "" if given else NOTHING)
    try:
        console_of(request).ledger.answer_together(_acts(console_of(request), link, given))
    except LinkWithdrawn as fault:
        return _page(request, link, lines, form.fields, again, fault.message)
    except RefusedInList as refusal:
        which = given[refusal.place].line.id
        return _page(request, link, lines, form.fields, {**again, which: {**again[which], "answer": refusal.message}})
    except LedgerError as fault:
        return _page(request, link, lines, form.fields, again, fault.message)
    left = sum(can_answer(*one) for one in lines) - sum(one.event is not None and one.event.kind == "decide" for one in given)
    return page(request, "list_done.html", title="Thank you", given=given, over=over, left=left, again=request.url.path)


def _acts(console: Console, link: ListLink, given: Sequence[LineAnswer]) -> list[Answer]:
    """Each answer with the link of its own line, which it uses up. Raises LinkWithdrawn."""
    with console.engines.scheduler() as session:
        numbers = [ListLinks(console.signing_keys).link_of(session, one.line, link.expires_on) for one in given]
    acts: list[Answer] = []
    for one, number in zip(given, numbers, strict=True):
        if one.event is None:
            raise ValueError("an answer without an event has an error, and is never recorded")
        actor = Actor(one.line.person_id, frozenset({one.line.school_id}), "link", number, one.line.role)
        acts.append((actor, act_request(one.key, one.line.case, one.event, round=one.line.round, private=one.private, documents=one.documents)))
    return acts


def _open(request: Request, token: str) -> tuple[ListLink, Lines]:
    console = console_of(request)
    today = console.clock.today()
    link = ListLinks(console.signing_keys).read(console.engines, token, today)
    with console.engines.app(link.scope) as session:
        pages = {ref: case_page(session, ref, today) for ref in {line.case for line in link.lines}}
    return link, [(line, found) for line in link.lines if (found := pages[line.case]) is not None]


def _page(
    request: Request,
    link: ListLink,
    lines: Lines,
    form: Mapping[str, str] | None = None,
    errors: Mapping[int, Mapping[str, str]] | None = None,
    fault: str = "",
) -> Response:
    today, wrong = console_of(request).clock.today(), errors or {}
    forms = [line_form(line, found, today, form, wrong.get(line.id, {})) for line, found in lines]
    summary = {where: words for one in forms for where, words in one.summary.items()} | ({"": fault} if fault else {})
    return page(
        request, "list.html", 422 if summary else 200, title="Answer the list", link=link, lines=forms, errors=summary or None,
        open_lines=sum(one.form is not None for one in forms),
    )  # fmt: skip
