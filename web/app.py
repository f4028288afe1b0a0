"""The console's application: its parts, guards, pages and error pages."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from psycopg import InterfaceError
from psycopg import OperationalError as ConnectionLost
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from starlette.exceptions import HTTPException

from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.links import LinkRefused
from db.settings import Settings
from db.signing_key import signing_keys
from rules.library import Library
from web import (
    actions,
    authorities,
    away,
    case,
    case_links,
    change,
    complain,
    contacts,
    correct_outcome,
    decide,
    documents,
    drawing,
    find,
    health,
    ladders,
    letters,
    link,
    list_answers,
    messages,
    my_messages,
    new_child,
    sign_in,
    start,
    trust,
)
from web.console import HERE, Console, make_pages, page
from web.guards import BUSY, add_guards, secure
from web.places import Places
from web.quiet import QuietBanner
from web.signed_in import NotSignedIn, WrongForm

PARTS = (
    health, sign_in, actions, trust, authorities, away, find, new_child, start, messages, link, list_answers, change, correct_outcome, decide,
    complain, my_messages, letters, contacts, case_links, drawing, documents, ladders, case,
)  # fmt: skip


def create_app(settings: Settings, engines: Engines, clock: Clock, library: Library, ledger: Ledger) -> FastAPI:
    """The console on these parts. It needs the ledger and nothing of Prefect: people decide on while the automation is down."""
    app = FastAPI(title="Sendflow", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.console = Console(settings, engines, clock, library, ledger, make_pages(), signing_keys(settings))
    app.state.quiet = QuietBanner(settings, engines)
    app.state.places = Places(engines.pool_size)
    add_guards(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for part in PARTS:
        app.include_router(part.router)
    _error_pages(app)
    _pages_of_a_database_away(app)
    return app


def _error_pages(app: FastAPI) -> None:
    # Plain functions run in a thread: a page with the banner may ask the database, and the event loop must not wait for it.
    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, fault: Exception) -> Response:
        return RedirectResponse("/sign-in", 303)

    @app.exception_handler(LinkRefused)
    def link_refused(request: Request, fault: LinkRefused) -> Response:
        status = 410 if fault.reason in ("used", "expired", "revoked", "with_another", "moved_on") else 404
        return page(request, "said.html", status, title="This link cannot be used", words=fault.message)

    @app.exception_handler(WrongForm)
    def wrong_form(request: Request, fault: Exception) -> Response:
        return page(
            request,
            "said.html",
            403,
            title="This form has expired",
            words="Nothing has been saved. Open the page again, and send the form from there.",
        )

    @app.exception_handler(HTTPException)
    def http_error(request: Request, fault: HTTPException) -> Response:
        words = str(fault.detail) if fault.status_code != 404 else "There is no such page, or it belongs to a school that is not yours."
        return page(request, "said.html", fault.status_code, title="Page not found" if fault.status_code == 404 else "This did not work", words=words)

    @app.exception_handler(RequestValidationError)
    def bad_request(request: Request, fault: Exception) -> Response:
        words = "The address or the form holds something that this page cannot read. Open the page again from My actions."
        return page(request, "said.html", 422, title="This did not work", words=words)

    @app.exception_handler(Exception)
    async def our_fault(request: Request, fault: Exception) -> Response:
        words = "It is not confirmed that your last step was saved. Look at the case, and tell whoever runs this installation."
        answer = page(request, "said.html", 500, title="Something went wrong on our side", words=words)
        secure(request, answer)
        return answer


def _pages_of_a_database_away(app: FastAPI) -> None:
    @app.exception_handler(PoolEmpty)
    @app.exception_handler(OperationalError)
    @app.exception_handler(ConnectionLost)
    @app.exception_handler(InterfaceError)
    async def database_away(request: Request, fault: Exception) -> Response:
        words = "It is not confirmed that your last step was saved. Send it again in a minute: the same form is never recorded twice."
        if request.method == "GET":
            words = "Open the page again in a minute. Nothing that was recorded is lost."
        title = BUSY if isinstance(fault, PoolEmpty) else "The database does not answer"
        return page(request, "said.html", 503, title=title, words=words)
