"""The LAs' record for the trust SEND lead and the chief executive: how each keeps its duties, and the file that holds our dates against its own."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from db.la_profile.profile import LEVEL_TITLES
from db.queries.la_ledger import LaDutyRow, la_ledger
from db.queries.la_profiles import la_profiles
from db.queries.la_reconciliation import next_return, our_dates
from db.reconciling.our_file import as_csv
from rules.la_steps import la_steps
from rules.national_figures import national_figures
from web.console import console_of, page
from web.trust_reader import schools_of_trust_reader

router = APIRouter()
A_YEAR = timedelta(days=365)


@router.get("/authorities")
def authorities(request: Request, since: date | None = None, until: date | None = None) -> Response:
    """Every LA of my trust, duty by duty, over the year that ends today or the days asked for."""
    schools, console = schools_of_trust_reader(request), console_of(request)
    today = console.clock.today()
    first, last = since or today - A_YEAR, until or today
    with console.engines.app(schools) as session:
        rows = la_ledger(session, la_steps(console.library), first, last, today)
        profiles = la_profiles(session)
    by_la: dict[tuple[str, str], list[LaDutyRow]] = {}
    for row in rows:
        by_la.setdefault((row.name, row.code), []).append(row)
    for one in profiles:
        by_la.setdefault((one.name, one.code), [])
    return page(
        request, "authorities.html", by_la=by_la, national=national_figures(), first=first, last=last, next_return=next_return(today),
        profiles={one.code: one for one in profiles}, level_titles=LEVEL_TITLES, today=today,
    )  # fmt: skip


@router.get("/authorities/{code}/sen2.csv")
def sen2(request: Request, code: str, year: int | None = Query(None, ge=2015, le=2100)) -> Response:
    """The reconciliation file of one LA; 404 where no pupil of my trust has a plan of an LA with that code."""
    schools, console = schools_of_trust_reader(request), console_of(request)
    asked = year or next_return(console.clock.today())
    with console.engines.app(schools) as session:
        ours = our_dates(session, la_steps(console.library), code, asked)
    if not ours:
        raise HTTPException(404)
    named = {"Content-Disposition": f'attachment; filename="sen2-{asked}-{code}.csv"'}
    return Response(as_csv(ours).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=named)
