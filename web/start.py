"""Starting a case by hand: which process, which pupil, and what the opener must state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import Response

from db.acts.errors import LedgerError
from db.permissions import role_in_which, roles_for
from db.queries.cases import find_pupils, list_cases
from db.queries.pupils import PupilToStart, pupil_to_start
from rules.calendar import england
from rules.definition import Definition
from rules.history import Refused
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


@router.get("/start")
def choose(request: Request, process: str = "", name: str = "") -> Response:
    """Choose the process, then find the pupil."""
    me = require_signed_in(request)
    console = console_of(request)
    processes = sorted(((name, texts[-1].title) for name, texts in console.library.definitions.items()), key=lambda one: one[1].removeprefix("The "))
    pupils = []
    if process and name.strip():
        with console.engines.app(me.roles) as session:
            pupils = find_pupils(session, name, limit=30)
    asked = bool(process and name.strip())
    return page(request, "start.html", processes=processes, process=process, name=name, pupils=pupils, asked=asked)


@router.get("/start/{process}/{pupil_id}")
def ask(request: Request, process: str, pupil_id: PupilId) -> Response:
    """What the opener states, with what the ledger knows of the pupil already filled in."""
    me = require_signed_in(request)
    pupil, definition = _find(console_of(request), me, process, pupil_id)
    return _form(request, me, pupil, definition, pupil.known_facts(definition, console_of(request).clock.today()), {})


@router.post("/start/{process}/{pupil_id}")
def start(request: Request, process: str, pupil_id: PupilId, form: Form) -> Response:
    """Open the case; what the definition warns of is shown once before, and blocks nothing. If one is open already, that one is shown."""
    me = require_signed_in(request)
    check_form(request, form.get("csrf"))
    console = console_of(request)
    pupil, definition = _find(console, me, process, pupil_id)
    facts, errors = read_facts(definition, definition.opens_with, form)
    if errors:
        return _form(request, me, pupil, definition, form, errors)
    if (warned := warnings_at(definition, facts, console.clock.today(), england())) and form.get("warned") != "yes":
        return _form(request, me, pupil, definition, form, {}, warned)
    try:
        receipt = console.ledger.open_case(
            me.actor, key=UUID(form.get("key", "")), process=process, pupil_id=pupil_id, facts=facts, on=console.clock.today()
        )
    except ValueError as fault:
        raise HTTPException(422, "This form is not complete. Start again.") from fault
    except (Refused, LedgerError) as fault:
        return _form(request, me, pupil, definition, form, {"": fault.message})
    return recorded(request, me, receipt.case, receipt, "This case was open already" if receipt.repeated else "Case opened")


def _find(console: Console, me: SignedIn, process: str, pupil_id: int) -> tuple[PupilToStart, Definition]:
    with console.engines.app(me.roles) as session:
        pupil = pupil_to_start(session, pupil_id)
    if pupil is None or process not in console.library.definitions:
        raise HTTPException(404)
    if role_in_which(me.roles.get(pupil.school_id, ()), roles_for("open_case")) is None:
        raise HTTPException(403, "A case is opened by the SENCO, the headteacher or the trust SEND lead.")
    try:
        return pupil, console.library.for_new_case(process, console.clock.today(), {})
    except NoDefinition:
        return pupil, console.library.definitions[process][-1]


def _form(
    request: Request, me: SignedIn, pupil: PupilToStart, definition: Definition, typed: Mapping[str, str], errors: Mapping[str, str],
    warned: Sequence[str] = (),
) -> Response:  # fmt: skip
    fields = fields_for(definition, definition.opens_with, typed, errors)
    with console_of(request).engines.app(me.roles) as session:
        running = [c for c in list_cases(session, pupil_id=pupil.id) if c.process == definition.process]
    ids = {f.fact: f.anchor for f in fields}
    shown = {ids.get(where, where): words for where, words in errors.items()}
    key = typed.get("key") or str(uuid4())
    return page(
        request, "start_case.html", 422 if errors else 200, pupil=pupil, definition=definition, fields=fields, running=running, key=key, errors=shown,
        warned=warned,
    )  # fmt: skip
