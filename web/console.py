"""What every page works with: the settings, the ledger, the clock, and how pages are rendered."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, select_autoescape

from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.settings import Settings
from notifications.languages import language_name
from rules.explain import in_full
from rules.library import Library

HERE = Path(__file__).parent
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Console:
    """The parts that pages use; one an application. `pages` renders templates of `web/templates` with GOV.UK's macros."""

    settings: Settings
    engines: Engines
    clock: Clock
    library: Library
    ledger: Ledger
    pages: Jinja2Templates
    signing_keys: list[str]


def console_of(request: Request) -> Console:
    """The console that serves this request."""
    found: Console = request.app.state.console
    return found


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render `template` with what every page needs beside `values`: who is signed in, today, the CSP nonce,
    the banner of a database that was restored or copied."""
    console = console_of(request)
    context = {
        "demo": console.settings.demo,
        "today": console.clock.today(),
        "cspNonce": request.state.nonce,
        "quiet": request.app.state.quiet.words_on(status),
        "automation_paused": getattr(request.state, "automation_paused", False),
        "signed_in": getattr(request.state, "signed_in", None),
        "csrf": getattr(request.state, "csrf", ""),
        **values,
    }
    return console.pages.TemplateResponse(request, template, context, status_code=status)


def make_pages() -> Jinja2Templates:
    """The template engine: our pages, and GOV.UK's components under their package's name. Everything is escaped."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(HERE / "templates"), PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})]),
        autoescape=select_autoescape(default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = in_full
    environment.filters["sentence"] = sentence
    environment.filters["minute"] = _minute
    environment.filters["language_name"] = language_name
    return Jinja2Templates(env=environment)


def sentence(words: str) -> str:
    """The words with a capital first letter and nothing else changed: SENCO stays SENCO."""
    return words[:1].upper() + words[1:]


def _minute(at: datetime) -> str:
    london = at.astimezone(LONDON)
    return f"{london.day} {london:%B %Y} at {london:%H:%M}"


def fresh_nonce() -> str:
    """A value for one answer's Content-Security-Policy."""
    return secrets.token_urlsafe(16)
