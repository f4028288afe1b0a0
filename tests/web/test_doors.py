"""Who comes in, from where, and what no page lets through: A1, A9, A11, A12, I6, I8, and the shape of the routes."""

from __future__ import annotations

import re
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import update

from db.engine import Engines
from db.models import Membership
from tests.web.site import Site, form_of, serve
from web.app import PARTS

OPEN_TO_ALL = {("GET", "/health"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/l/{token}"), ("POST", "/l/{token}")}
OPEN_TO_ALL |= {("GET", "/list/{token}"), ("POST", "/list/{token}")}
ROUTES = sorted((method, r.path) for part in PARTS for r in part.router.routes if isinstance(r, APIRoute) for method in r.methods)
GUARDED = [one for one in ROUTES if one not in OPEN_TO_ALL]


def address(path: str) -> str:
    """The path with something in each of its places."""
    found = {"pupil_id": "1", "school_id": "1", "number": "1", "ref": "AR-000001"}
    return re.sub(r"\{(\w+)\}", lambda m: found.get(m[1], "annual_review"), path)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_every_other_route_asks_who_is_there(site: Site, method: str, path: str) -> None:
    answer = httpx.request(method, f"{site.url}{address(path)}", headers={"Origin": site.url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_the_open_routes_are_those_that_are_meant_to_be() -> None:
    assert set(ROUTES) >= OPEN_TO_ALL
    assert len(GUARDED) > 10


def test_choosing_a_person_is_refused_outside_a_demo(engines: Engines, tmp_path: Path) -> None:
    with serve(engines, tmp_path, demo=False) as real:
        browser = real.client("")
        assert browser.get("/sign-in").status_code == 403
        assert "not a demo" in browser.get("/sign-in").text
        refused = browser.post("/sign-in", data={"person": str(real.people[real.ash, "senco"])})
        assert refused.status_code == 403
        assert "sendflow_session" not in browser.cookies


@pytest.mark.parametrize("person", ["", "0", "-1", "x", "999999999", "99999999999999999999", "1 OR 1=1"])
def test_nobody_is_signed_in_who_is_not_on_the_staff(site: Site, person: str) -> None:
    assert site.client("").post("/sign-in", data={"person": person}).status_code == 403


def test_a_role_that_ended_is_gone_at_the_next_click(site: Site) -> None:
    browser = site.client("teacher")
    assert "My actions" in browser.get("/").text
    teacher = update(Membership).where(Membership.role == "teacher", Membership.school_id == site.ash)
    with site.engines.scheduler() as session:
        session.execute(teacher.values(until_on=site.clock.today_is.replace(day=1)))
    assert "Sign in to the demo" in browser.get("/").text
    with site.engines.scheduler() as session:
        session.execute(teacher.values(until_on=None))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_of_another_page_is_refused(site: Site, headers: dict[str, str]) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges")
    before = site.acts(case)
    del browser.headers["Origin"]
    assert browser.post(path, data=form, headers=headers).status_code == 403
    assert site.acts(case) == before


def test_a_form_without_this_session_s_token_is_refused(site: Site) -> None:
    case = site.review()
    browser, other = site.client(), site.client("headteacher")
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges")
    before = site.acts(case)
    for token in ("", "x", form_of(other, path)["csrf"], "ü"):
        refused = browser.post(path, data={**form, "csrf": token})
        assert refused.status_code == 403 and "expired" in refused.text
    assert site.acts(case) == before


@pytest.mark.parametrize("path", ["/", "/sign-in", "/l/none", "/nothing", "/static/icon.svg"])
def test_every_answer_has_its_security_headers(site: Site, path: str) -> None:
    head = site.client().get(path).headers
    policy = head["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert head["x-content-type-options"] == "nosniff"
    assert head["referrer-policy"] == "no-referrer"
    assert path.startswith("/static/") or head["cache-control"] == "no-store"


def test_another_school_s_case_is_answered_as_one_that_is_not_there(site: Site) -> None:
    theirs = site.review("Ben", "Birchall", site.birch)
    browser = site.client()
    absent = "AR-999999"
    for path in (
        "/cases/{}",
        "/cases/{}/decide/la_decision",
        "/cases/{}/correct/year_group",
        "/cases/{}/end/moved_away",
        "/cases/{}/correct-outcome/la_decision",
    ):
        one, other = browser.get(path.format(theirs)), browser.get(path.format(absent))
        assert one.status_code == other.status_code == 404
        nonce = re.compile(r'nonce="[^"]*"')
        assert nonce.sub("", one.text).replace(theirs, "") == nonce.sub("", other.text).replace(absent, "")
        assert "Birch" not in one.text
    before = site.acts(theirs)
    token = form_of(browser, f"/cases/{site.review()}/decide/la_says_who_arranges", outcome="school_arranges")
    assert browser.post(f"/cases/{theirs}/decide/la_says_who_arranges", data=token).status_code == 404
    assert site.acts(theirs) == before
    assert theirs not in browser.get("/").text + browser.get("/cases").text


@pytest.mark.parametrize(
    "path", ["/cases/%00", "/cases?ended=%00", "/cases?ended=perhaps", "/start/annual_review/abc", "/start/annual_review/99999999999999999999"]
)
def test_an_address_that_holds_nonsense_is_answered_in_words(site: Site, path: str) -> None:
    answer = site.client().get(path)
    assert answer.status_code in (404, 422)
    assert "<h1" in answer.text


@pytest.mark.parametrize("multipart", [False, True])
def test_a_hundred_thousand_form_parts_are_refused_at_once(site: Site, multipart: bool) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    body = part * 100_000 + b"--x--\r\n" if multipart else b"a=&" * 100_000
    kind = "multipart/form-data; boundary=x" if multipart else "application/x-www-form-urlencoded"
    browser = site.client()
    for content, allowed in ((body, (413,)), (body[:99_000], (400, 413, 422))):
        path, started = f"/cases/{site.review()}/decide/la_decision", time.process_time()  # the console runs in this process
        answer = browser.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code in allowed
        assert time.process_time() - started < 1.5
        assert "<h1" in answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("comment", "a\x00b"), ("key", "x"), ("round", "x"), ("round", "9" * 5000), ("on-day", "²"), ("on-day", "9" * 5000), ("outcome", "x" * 500)],
)
def test_broken_fields_are_refused_and_nothing_is_set(site: Site, name: str, value: str) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges")
    before = site.acts(case)
    answer = browser.post(path, data={**form, name: value})
    assert answer.status_code == 422 and "<h1" in answer.text
    assert site.acts(case) == before


def test_scripts_and_letters_of_every_kind_are_shown_and_inert(site: Site) -> None:
    case = site.review("<img src=x onerror=alert(1)>", "Ashby\u202e")
    browser = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    words = "</textarea><script>alert('x')</script> \u202ertl 𝔘 {{ 7*7 }}"
    assert browser.post(path, data=form_of(browser, path, outcome="school_arranges", comment=words)).status_code == 200
    shown = browser.get(f"/cases/{case}").text
    assert "<script>alert" not in shown and "<img src=x" not in shown
    assert "&lt;script&gt;alert" in shown and "{{ 7*7 }}" in shown and "𝔘" in shown


def test_a_forged_host_changes_no_address(site: Site) -> None:
    answer = site.client().get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.text
    assert "evil.example" not in str(httpx.get(site.url, headers={"Host": "evil.example"}).headers)


def test_unknown_fields_set_nothing_else(site: Site) -> None:
    case = site.review()
    browser = site.client()
    path = f"/cases/{case}/decide/la_says_who_arranges"
    form = form_of(browser, path, outcome="school_arranges", **{"fact.year_group": "13", "actor": "1", "key2": str(uuid4())})
    assert browser.post(path, data=form).status_code == 200
    assert site.ledger.position(case)[1].facts["year_group"] == 5
