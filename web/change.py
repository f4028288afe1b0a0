"""Correcting a fact, recording a lawful exception, and ending a case: each a small form with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from db.acts.errors import LedgerError
from db.acts.receipt import Receipt
from db.queries.adults import Adult, adults_of
from db.queries.case_page import CasePage
from rules.history import Refused
from rules.refusals import step_title
from web.console import console_of, page
from web.decide import recorded
from web.fact_fields import FactField, date_text, fields_for, read_facts
from web.posted import posted_form
from web.readable_case import readable_case
from web.signed_in import SignedIn, check_form, require_signed_in
from web.step_form import LONGEST_COMMENT

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
Act = Callable[[UUID, str], Receipt]


@router.get("/cases/{ref}/correct/{fact}")
def ask_correction(request: Request, ref: str, fact: str, party: str = "") -> Response:
    """The form that corrects one fact."""
    found = readable_case(request, ref)
    return _form(request, found, f"Correct: {_fact_title(found, fact)}", fields_for(found.definition, [fact], adults=_adults(request, found)))


@router.post("/cases/{ref}/correct/{fact}")
def correct(request: Request, ref: str, fact: str, form: Form, party: str = "") -> Response:
    """Correct the fact; every date that counts from it moves, in the same act."""
    me = require_signed_in(request)
    found = readable_case(request, ref)
    title = f"Correct: {_fact_title(found, fact)}"
    values, errors = read_facts(found.definition, [fact], form)
    fields = fields_for(found.definition, [fact], form, errors, adults=_adults(request, found))
    console = console_of(request)

    def act(key: UUID, because: str) -> Receipt:
        return console.ledger.correct(
            me.actor, key=key, case=ref, fact=fact, value=values[fact], because=because, on=console.clock.today(), party=party
        )

    return _perform(request, me, found, form, (title, fields), {f.anchor: f.error for f in fields if f.error}, act)


@router.get("/cases/{ref}/exception/{step}")
def ask_exception(request: Request, ref: str, step: str, party: str = "") -> Response:
    """The form that records a lawful exception: which letter, why, when it is looked at again."""
    found = readable_case(request, ref)
    return _form(request, found, *_exception(found, step, party, {}, {}))


@router.post("/cases/{ref}/exception/{step}")
def record_exception(request: Request, ref: str, step: str, form: Form, party: str = "") -> Response:
    """Lift the step's date under the letter chosen. A date is lifted, never moved."""
    me = require_signed_in(request)
    found = readable_case(request, ref)
    name, errors = form.get("exception", ""), {}
    if name not in {value for value, _ in _letters(found, step)}:
        errors["exception"] = "Choose which exception of the law applies"
    review_on, said = _review_day(form)
    if said:
        errors["review-day"] = said
    console = console_of(request)

    def act(key: UUID, because: str) -> Receipt:
        return console.ledger.apply_exception(
            me.actor, key=key, case=ref, step=step, party=party, exception=name, because=because, review_on=review_on, on=console.clock.today()
        )

    return _perform(request, me, found, form, _exception(found, step, party, form, errors), errors, act)


@router.get("/cases/{ref}/end/{name}")
def ask_end(request: Request, ref: str, name: str) -> Response:
    """The form that ends the case from wherever it is."""
    found = readable_case(request, ref)
    return _form(request, found, _end_title(found, name), [])


@router.post("/cases/{ref}/end/{name}")
def end(request: Request, ref: str, name: str, form: Form) -> Response:
    """End the case: withdrawn, moved away."""
    me = require_signed_in(request)
    found = readable_case(request, ref)
    console = console_of(request)

    def act(key: UUID, because: str) -> Receipt:
        return console.ledger.interrupt(me.actor, key=key, case=ref, name=name, because=because, on=console.clock.today())

    return _perform(request, me, found, form, (_end_title(found, name), []), {}, act)


def _perform(
    request: Request,
    me: SignedIn,
    found: CasePage,
    form: Mapping[str, str],
    shown: tuple[str, list[FactField]],
    errors: Mapping[str, str],
    act: Act,
) -> Response:
    check_form(request, form.get("csrf"))
    because = form.get("because", "").strip()
    wrong = dict(errors)
    if len(because) > LONGEST_COMMENT:
        wrong["because"] = f"The reason may have {LONGEST_COMMENT} letters at most; yours has {len(because)}"
    if not because:
        wrong["because"] = "Say why: the reason stands in the record"
    if wrong:
        return _form(request, found, *shown, typed=form, errors=wrong)
    try:
        receipt = act(UUID(form.get("key", "")), because)
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Open the page again from the case.") from fault
    except (Refused, LedgerError) as fault:
        return _form(request, found, *shown, typed=form, errors={"": fault.message})
    return recorded(request, me, found.head.ref, receipt)


def _form(
    request: Request,
    found: CasePage,
    title: str,
    fields: list[FactField],
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    given = typed or {}
    values = {"key": given.get("key") or str(uuid4()), "because": given.get("because", "")}
    return page(request, "change.html", 422 if errors else 200, case=found, title=title, fields=fields, values=values, errors=errors)


def _adults(request: Request, found: CasePage) -> list[Adult]:
    """Those whom a fact of this case may name; asked only where one does."""
    if not found.definition.speaks or found.pupil is None:
        return []
    with console_of(request).engines.app(require_signed_in(request).roles) as session:
        return adults_of(session, found.pupil.id)


def _fact_title(found: CasePage, name: str) -> str:
    if name not in found.definition.facts:
        raise HTTPException(404)
    return found.definition.facts[name].title or name.removesuffix("_on").replace("_", " ")


def _letters(found: CasePage, step: str) -> list[tuple[str, str]]:
    return [(e.name, f"{e.title or e.name.replace('_', ' ')} ({e.law})") for e in found.definition.exceptions.values() if step in e.lifts]


def _exception(found: CasePage, step: str, party: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> tuple[str, list[FactField]]:
    if step not in found.definition.steps or not _letters(found, step):
        raise HTTPException(404)
    title = f"Record an exception: {step_title(found.definition, step, party)}"
    which = FactField(
        "exception",
        "exception",
        "Which exception of the law applies?",
        "",
        "choice",
        tuple(_letters(found, step)),
        typed,
        errors.get("exception", ""),
    )
    day = FactField("review", "review", "When will you look at it again?", "For example, 27 3 2027", "date", (), typed, errors.get("review-day", ""))
    return title, [which, day]


def _review_day(form: Mapping[str, str]) -> tuple[date | None, str]:
    try:
        return date.fromisoformat(date_text(form, "review")), ""
    except ValueError:
        return None, "Write the day on which you will look at it again, as 27 3 2027"


def _end_title(found: CasePage, name: str) -> str:
    if name not in found.definition.interrupts:
        raise HTTPException(404)
    words = found.definition.interrupts[name].title or name.replace("_", " ")
    return f"End this case: {words}"
