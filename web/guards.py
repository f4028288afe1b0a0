"""What holds for every answer: security headers, that a POST comes from our own pages (faults.md A10, A11), and a place to be served at (D3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from db.list_links import ListLinks
from web.console import console_of, fresh_nonce, page
from web.places import NoPlace, Places

Next = Callable[[Request], Awaitable[Response]]
BUSY = "Too many people at once, or a slow database"
_LONGEST_FORM = 100_000
_LONGEST_LIST = 20 * 1024 * 1024  # its files are looked at one by one (`rules/documents.py`)
_NO_PLACE_NEEDED = ("/static/", "/health")


def add_guards(app: FastAPI) -> None:
    """Put the guards in front of every route of `app`."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        request.state.nonce = fresh_nonce()
        refused = _refusal(request)
        if refused is not None:
            status, title, words = refused
            answer: Response = await run_in_threadpool(page, request, "said.html", status, title=title, words=words)
        else:
            answer = await _in_a_place(request, call_next)
        secure(request, answer)
        return answer


async def _in_a_place(request: Request, call_next: Next) -> Response:
    if request.url.path.startswith(_NO_PLACE_NEEDED):
        return await _answer(request, call_next)
    if request.method == "POST":
        await request.body()  # before the place is taken: a slow line must not hold it
    places: Places = request.app.state.places
    try:
        async with places.one():
            answer = await _answer(request, call_next)
            if answer.status_code < 500:
                places.served()
            return answer
    except NoPlace:
        begun = "Nothing has been saved. Send it again in a minute." if request.method == "POST" else "Open the page again in a minute."
        return page(request, "said.html", 503, title=BUSY, words=f"{begun} Nothing that was recorded is lost.")


async def _answer(request: Request, call_next: Next) -> Response:
    """HEAD is answered as GET would be, and the server leaves the body out: mail scanners ask so before they open a link."""
    asked = request.scope["method"]
    if asked == "HEAD":
        request.scope["method"] = "GET"
    answer = await call_next(request)
    request.scope["method"] = asked
    return answer


def _refusal(request: Request) -> tuple[int, str, str] | None:
    """Status, title and words of the refusal; None when the request may go on."""
    if request.method not in ("GET", "HEAD", "POST"):
        return 405, "This did not work", "This address takes no such request."
    if "\x00" in unquote(f"{request.url.path}?{request.url.query}"):
        return 404, "Page not found", "The address holds a letter that no address of ours has."
    if request.method != "POST":
        return None
    if not _same_origin(request):
        return 403, "This form did not come from a page of ours", "Nothing has been saved. Open the page again and send the form from there."
    length = request.headers.get("content-length", "")
    with_files = _is_list(request)
    if not length.isdigit() or int(length) > (_LONGEST_LIST if with_files else _LONGEST_FORM):
        shorten = "send fewer or smaller files at once: 20 MB together are the most." if with_files else "shorten the text and send it again."
        return 413, "This form is too long", f"Nothing has been saved. Go back, {shorten}"
    return None


def _is_list(request: Request) -> bool:
    """Whether this is the page of a list by a link that we signed: nobody else may send more than a form of text, which waits in memory."""
    head, _, token = request.url.path.partition("/list/")
    return not head and bool(token) and ListLinks(console_of(request).signing_keys).is_signed(token)


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
