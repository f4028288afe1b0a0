"""What holds for every answer: security headers, and that a POST comes from our own pages (faults.md A10, A11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response

from web.console import console_of, fresh_nonce, page

Next = Callable[[Request], Awaitable[Response]]
_LONGEST_FORM = 100_000


def add_guards(app: FastAPI) -> None:
    """Put the guards in front of every route of `app`."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        request.state.nonce = fresh_nonce()
        refused = _refusal(request)
        answer = refused if refused is not None else await _answer(request, call_next)
        secure(request, answer)
        return answer


async def _answer(request: Request, call_next: Next) -> Response:
    """HEAD is answered as GET would be, and the server leaves the body out: mail scanners ask so before they open a link."""
    asked = request.scope["method"]
    if asked == "HEAD":
        request.scope["method"] = "GET"
    answer = await call_next(request)
    request.scope["method"] = asked
    return answer


def _refusal(request: Request) -> Response | None:
    if request.method not in ("GET", "HEAD", "POST"):
        return page(request, "said.html", 405, title="This did not work", words="This address takes no such request.")
    if "\x00" in unquote(f"{request.url.path}?{request.url.query}"):
        return page(request, "said.html", 404, title="Page not found", words="The address holds a letter that no address of ours has.")
    if request.method != "POST":
        return None
    if not _same_origin(request):
        words = "Nothing has been saved. Open the page again and send the form from there."
        return page(request, "said.html", 403, title="This form did not come from a page of ours", words=words)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _LONGEST_FORM:
        words = "Nothing has been saved. Go back, shorten the text and send it again."
        return page(request, "said.html", 413, title="This form is too long", words=words)
    return None


def _same_origin(request: Request) -> bool:
    """A browser says where a POST comes from in one of two headers; a POST with neither is not from a browser of today."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == urlsplit(console_of(request).settings.origin).netloc


def secure(request: Request, answer: Response) -> None:
    """Put the security headers on an answer: no script but ours, no frame, no address passed on, nothing kept by the browser."""
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
