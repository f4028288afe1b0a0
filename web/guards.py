"""What holds for every answer: security headers, and that a POST comes from our own pages (faults.md A10, A11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from web.console import console_of, fresh_nonce

Next = Callable[[Request], Awaitable[Response]]
_LONGEST_FORM = 100_000


def add_guards(app: FastAPI) -> None:
    """Put the guards in front of every route of `app`."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        request.state.nonce = fresh_nonce()
        refused = _refusal(request)
        answer = refused if refused is not None else await call_next(request)
        _head(request, answer)
        return answer


def _refusal(request: Request) -> Response | None:
    if request.method not in ("GET", "HEAD", "POST"):
        return PlainTextResponse("This address takes no such request.", 405)
    if request.method != "POST":
        return None
    if not _same_origin(request):
        return PlainTextResponse("This form did not come from a page of ours. Open the page again and send it from there.", 403)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _LONGEST_FORM:
        return PlainTextResponse("This form is too long. Shorten the text and send it again.", 413)
    return None


def _same_origin(request: Request) -> bool:
    """A browser says where a POST comes from in one of two headers; a POST with neither is not from a browser of today."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == urlsplit(console_of(request).settings.origin).netloc


def _head(request: Request, answer: Response) -> None:
    nonce = request.state.nonce
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; script-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if not request.url.path.startswith("/static/"):
        answer.headers["Cache-Control"] = "no-store"
