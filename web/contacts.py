"""Who stands behind the roles of a case: a page on which a SENCO puts a person into a role, so that the letters and links reach them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from db.contacts import CannotBeContact, Named, contact_roles, contacts_of, put_contact, roles_to_fill
from db.permissions import role_in_which, roles_for
from db.queries.case_page import CasePage
from rules.definition import Role
from web.console import console_of, page
from web.posted import posted_form
from web.readable_case import readable_case
from web.signed_in import check_form, require_signed_in

router = APIRouter()
Form = Annotated[Mapping[str, str], Depends(posted_form)]
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST = 200


@router.get("/cases/{ref}/contacts")
def show(request: Request, ref: str) -> Response:
    """The roles of the case and who holds them."""
    return _page(request, _case(request, ref), {}, {})


@router.post("/cases/{ref}/contacts")
def put(request: Request, ref: str, form: Form) -> Response:
    """Put a person into a role, in place of whoever held it."""
    found = _case(request, ref)
    check_form(request, form.get("csrf"))
    roles = {role.name: role for role in _to_fill(request, found)}
    errors = asked_again(form, roles.keys())
    if errors:
        return _page(request, found, form, errors)
    who = Named(*(form[name].strip() for name in ("given_name", "family_name", "email")))
    try:
        with console_of(request).engines.scheduler() as session:
            put_contact(session, ref, roles[form["role"]], who, console_of(request).clock.today())
    except CannotBeContact as refusal:
        return _page(request, found, form, {"email": str(refusal)})
    return RedirectResponse(f"/cases/{ref}/contacts", 303)


def asked_again(form: Mapping[str, str], roles: Collection[str]) -> dict[str, str]:
    """What is missing or wrong, by field."""
    errors = {} if form.get("role") in roles else {"role": "Choose whose place it is"}
    for name, words in (("given_name", "First name: write it"), ("family_name", "Surname: write it")):
        if not 0 < len(form.get(name, "").strip()) <= LONGEST:
            errors[name] = words
    if not ADDRESS.fullmatch(form.get("email", "").strip()) or len(form["email"]) > LONGEST:
        errors["email"] = "E-mail: write an address, as name@school.example"
    return errors


def _case(request: Request, ref: str) -> CasePage:
    me, found = require_signed_in(request), readable_case(request, ref)
    if role_in_which(me.roles.get(found.head.school_id, frozenset()), roles_for("name_contact")) is None:
        raise HTTPException(403, "Contacts are named by the SENCO, the headteacher or the trust SEND lead, a panel by the trust.")
    return found


def _to_fill(request: Request, found: CasePage) -> tuple[Role, ...]:
    return roles_to_fill(found.definition, found.position.facts, require_signed_in(request).roles.get(found.head.school_id, frozenset()))


def _page(request: Request, found: CasePage, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    me = require_signed_in(request)
    roles = _to_fill(request, found)
    titles = {role.name: role.title for role in contact_roles(found.definition)}
    with console_of(request).engines.app(me.roles) as session:
        held = [one for one in contacts_of(session, found.head.ref) if one.role in titles]
    return page(request, "contacts.html", 422 if errors else 200, case=found, roles=roles, titles=titles, held=held, typed=typed, errors=dict(errors))
