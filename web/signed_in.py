"""Who is signed in, with which roles where, read anew at each request: a role that ended is gone at the next click (faults.md A21)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from db.acts.actor import Actor
from db.acts.capacity import STANDS_IN, capacity_in_which, not_of_who_chases
from db.engine import HEAD_ALONE
from db.models import Person
from db.permissions import PlainAct, role_in_which, role_title, roles_for
from db.queries.acting import HeldRole, roles_by_school, roles_today
from web.automation import is_paused
from web.console import Console, console_of

COOKIE = "sendflow_session"
_SECONDS = 8 * 3600


class NotSignedIn(Exception):
    """Nobody is signed in: the page sends the browser to the sign-in."""


class WrongForm(Exception):
    """The form's token is not this session's: it was opened in another session, or the session ended."""


@dataclass(frozen=True)
class SignedIn:
    """A member of staff. `roles` by school id, also those in which they stand in; `stands_in`: these, with whom for; `schools` names by id."""

    person_id: int
    name: str
    roles: Mapping[int, frozenset[str]]
    schools: Mapping[int, str]
    stands_in: tuple[HeldRole, ...] = ()

    @property
    def actor(self) -> Actor:
        """This person as the ledger knows them."""
        return Actor(self.person_id, frozenset(self.roles), "console")

    def schools_where(self, act: PlainAct) -> dict[int, frozenset[str]]:
        """The schools at which this person may do `act`, with the roles held there."""
        return {school: held for school, held in self.roles.items() if role_in_which(held, roles_for(act)) is not None}

    def may_complain_at(self, school_id: int) -> bool:
        """Whether a formal complaint to an LA is theirs to approve at that school, as the ledger asks it (`db/acts/who.py`)."""
        lent = {one.role: f"{one.role}{STANDS_IN}{one.holder_id}" for one in self.stands_in if one.school_id == school_id}
        held = not_of_who_chases(lent.get(role, role) for role in self.roles.get(school_id, ()))
        return capacity_in_which(held, roles_for("complain_to_la")) is not None

    @property
    def reads_trust(self) -> bool:
        """Whether some school's figures of the whole trust are theirs to read."""
        return bool(self.schools_where("read_trust"))

    @property
    def titles(self) -> str:
        """The roles in words, each once; then those in which they stand in, and for whom."""
        not_own = {(one.school_id, one.role) for one in self.stands_in} | {(school, HEAD_ALONE) for school in self.roles}
        own = {role for school, held in self.roles.items() for role in held if (school, role) not in not_own}
        lent = sorted({f"{role_title(one.role)} for {one.holder}" for one in self.stands_in})
        return ", ".join([*(role_title(role) for role in sorted(own)), *lent])

    def holder(self, person_id: int | None) -> HeldRole | None:
        """The role in which this person stands in for that one; None: they do not."""
        return next((one for one in self.stands_in if one.holder_id == person_id), None)


def start_session(console: Console, answer: Response, person_id: int) -> None:
    """Give the browser a session for this person: signed, eight hours, unreadable for scripts, never sent by another site's form."""
    value = _serializer(console).dumps({"person": person_id, "nonce": secrets.token_urlsafe(16)})
    secure = console.settings.origin.startswith("https:")
    answer.set_cookie(COOKIE, value, max_age=_SECONDS, httponly=True, samesite="lax", secure=secure, path="/")


def end_session(answer: Response) -> None:
    """Take the session from the browser."""
    answer.delete_cookie(COOKIE, path="/")


def require_signed_in(request: Request) -> SignedIn:
    """The member of staff behind this request. Raises NotSignedIn. Also sets the form token of the session."""
    console = console_of(request)
    session = _read_session(console, request)
    found = load_staff(console, int(str(session["person"])), console.clock.today()) if session else None
    if session is None or found is None:
        raise NotSignedIn
    request.state.signed_in = found
    request.state.csrf = _form_token(console, str(session["nonce"]))
    request.state.automation_paused = is_paused(console)
    return found


def check_form(request: Request, token: object) -> None:
    """Hold a form's token against the session's. Raises WrongForm."""
    if not hmac.compare_digest(str(token).encode(), str(request.state.csrf).encode()):
        raise WrongForm


def load_staff(console: Console, person_id: int, today: date) -> SignedIn | None:
    """A member of staff with the roles they hold today or stand in for; None when they hold none."""
    with console.engines.scheduler() as session:
        person = session.get(Person, person_id)
        held = roles_today(session, person_id, today)
    has_left = person is not None and person.left_on is not None and person.left_on < today
    if person is None or person.kind != "staff" or has_left or not held:
        return None
    own = {(one.school_id, one.role) for one in held if one.holder_id is None}
    lent = tuple(one for one in held if one.holder_id is not None and (one.school_id, one.role) not in own)
    names = {one.school_id: one.school for one in held}
    return SignedIn(person_id, f"{person.given_name} {person.family_name}", roles_by_school(held), names, lent)


def _serializer(console: Console) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(console.signing_keys, salt="sendflow session")


def _read_session(console: Console, request: Request) -> Mapping[str, object] | None:
    try:
        found = _serializer(console).loads(request.cookies.get(COOKIE, ""), max_age=_SECONDS)
    except BadSignature:
        return None
    return found if isinstance(found, dict) and {"person", "nonce"} <= found.keys() else None


def _form_token(console: Console, nonce: str) -> str:
    return hmac.new(console.signing_keys[-1].encode(), f"form {nonce}".encode(), hashlib.sha256).hexdigest()
