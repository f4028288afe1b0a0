"""Starting a case by hand: which process, which pupil or school, and what the opener must state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import Response

from db.acts.errors import LedgerError
from db.permissions import FOR_WHO_STANDS_ASIDE, role_in_which, roles_for
from db.queries.adults import adults_of
from db.queries.cases import find_pupils, list_cases
from db.queries.pupils import PupilToStart, pupil_to_start
from db.queries.schools import SchoolToStart, school_to_start, schools_to_start
from rules.calendar import england
from rules.definition import Definition
from rules.history import Refused
from rules.leaving import may_be_opened_for_leavers
from rules.library import NoDefinition
from rules.warnings import warnings_at
from web.console import Console, console_of, page
from web.decide import recorded
from web.fact_fields import fields_for, read_facts
from web.posted import posted_form
from web.signed_in import SignedIn, check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
PupilId = Annotated[int, Path(ge=1, lt=2**53)]
SchoolId = Annotated[int, Path(ge=1, lt=2**31)]
Subject = PupilToStart | SchoolToStart


@router.get("/start")
def choose(request: Request, process: str = "", name: str = "") -> Response:
    """Choose the process, then find the pupil, or choose the school where the process is about a school."""
    me = require_signed_in(request)
    console = console_of(request)
    processes = sorted(((name, texts[-1].title) for name, texts in console.library.definitions.items()), key=lambda one: one[1].removeprefix("The "))
    chosen = console.library.definitions.get(process, ())
    pupils, schools = [], []
    with console.engines.app(me.roles) as session:
        if chosen and chosen[-1].about_school:
            schools = [one for one in schools_to_start(session, console.clock.today()) if _may_open(me, one.id, chosen[-1])]
        elif process and name.strip():
            pupils = find_pupils(session, name, console.clock.today(), limit=30, left_too=may_be_opened_for_leavers(process))
    asked = bool(process and name.strip()) and not schools
    return page(request, "start.html", processes=processes, process=process, name=name, pupils=pupils, schools=schools, asked=asked)


@router.get("/start/{process}/{pupil_id}")
def ask(request: Request, process: str, pupil_id: PupilId) -> Response:
    """What the opener states, with what the ledger knows of the pupil already filled in."""
    return _ask(request, process, pupil_id=pupil_id)


@router.get("/start/{process}/school/{school_id}")
def ask_of_school(request: Request, process: str, school_id: SchoolId) -> Response:
    """The same of a case about a school."""
    return _ask(request, process, school_id=school_id)


@router.post("/start/{process}/{pupil_id}")
def start(request: Request, process: str, pupil_id: PupilId, form: Form) -> Response:
    """Open the case; what the definition warns of is shown once before, and blocks nothing. If one is open already, that one is shown."""
    return _start(request, process, form, pupil_id=pupil_id)


@router.post("/start/{process}/school/{school_id}")
def start_of_school(request: Request, process: str, school_id: SchoolId, form: Form) -> Response:
    """The same of a case about a school."""
    return _start(request, process, form, school_id=school_id)


def _ask(request: Request, process: str, pupil_id: int | None = None, school_id: int | None = None) -> Response:
    me = require_signed_in(request)
    subject, definition = _find(console_of(request), me, process, pupil_id, school_id)
    return _form(request, me, subject, definition, subject.known_facts(definition, console_of(request).clock.today()), {})


def _start(request: Request, process: str, form: Mapping[str, str], pupil_id: int | None = None, school_id: int | None = None) -> Response:
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    subject, definition = _find(console, me, process, pupil_id, school_id)
    facts, errors = read_facts(definition, definition.opens_with, form)
    if errors:
        return _form(request, me, subject, definition, form, errors)
    if (warned := warnings_at(definition, facts, console.clock.today(), england())) and form.get("warned") != "yes":
        return _form(request, me, subject, definition, form, {}, warned)
    try:
        receipt = console.ledger.open_case(
            me.actor, key=UUID(form.get("key", "")), process=process, pupil_id=pupil_id, school_id=school_id, facts=facts, on=console.clock.today()
        )
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Start again.") from fault
    except (Refused, LedgerError) as fault:
        return _form(request, me, subject, definition, form, {"": fault.message})
    return recorded(request, me, receipt.case, receipt, "This case was open already" if receipt.repeated else "Case opened")


def _may_open(me: SignedIn, school_id: int, definition: Definition) -> bool:
    """Whether a case of some facts or others may be theirs to open: the chief executive opens one about a headteacher, and no other."""
    allowed = (*roles_for("open_case"), *(FOR_WHO_STANDS_ASIDE if definition.stands_aside else ()))
    return role_in_which(me.roles.get(school_id, ()), allowed) is not None


def _find(console: Console, me: SignedIn, process: str, pupil_id: int | None, school_id: int | None) -> tuple[Subject, Definition]:
    """Whom or what the case is to be about, and the text it would run on. 404: none such, or the process is about the other kind."""
    today = console.clock.today()
    texts = console.library.definitions.get(process, ())
    if not texts or texts[-1].about_school != (pupil_id is None):
        raise HTTPException(404)
    with console.engines.app(me.roles) as session:
        subject: Subject | None
        if pupil_id is not None:
            subject = pupil_to_start(session, pupil_id, today, left_too=may_be_opened_for_leavers(process))
        else:
            subject = school_to_start(session, school_id or 0, today)
    if subject is None:
        raise HTTPException(404)
    if not _may_open(me, subject.school_id, texts[-1]):
        raise HTTPException(403, "A case is opened by the SENCO, the headteacher or the trust SEND lead.")
    try:
        return subject, console.library.for_new_case(process, today, {})
    except NoDefinition:
        return subject, texts[-1]


def _form(
    request: Request, me: SignedIn, subject: Subject, definition: Definition, typed: Mapping[str, str], errors: Mapping[str, str],
    warned: Sequence[str] = (),
) -> Response:  # fmt: skip
    with console_of(request).engines.app(me.roles) as session:
        about = isinstance(subject, SchoolToStart)
        adults = adults_of(session, None if about else subject.id) if definition.speaks else []
        same = list_cases(session, about_school=subject.id) if about else list_cases(session, pupil_id=subject.id)
        running = [c for c in same if c.process == definition.process]
    if len(adults) == 1:
        typed = {f"fact.{definition.speaks}": str(adults[0].person_id), **typed}
    fields = fields_for(definition, definition.opens_with, typed, errors, adults=adults)
    ids = {f.fact: f.anchor for f in fields}
    shown = {ids.get(where, where): words for where, words in errors.items()}
    key = typed.get("key") or str(uuid4())
    return page(
        request, "start_case.html", 422 if errors else 200, subject=subject, definition=definition, fields=fields, running=running, key=key,
        errors=shown, warned=warned,
    )  # fmt: skip
