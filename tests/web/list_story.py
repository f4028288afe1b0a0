"""A list of an LA's mailbox with as many lines as asked for, made as the morning makes it, and the page that answers it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date

from db.list_links import ListLinks
from db.signing_key import signing_keys
from tasks.chase import chase
from tasks.mailings import send_lists
from tasks.parts import Parts
from tests.web.site import HIDDEN, Site
from tests.web.test_together import meeting_held

LATE_ON = date(2026, 12, 4)  # a Friday: decisions after a meeting on 5 November are one day late
DECISION = "la_decision"


@dataclass(frozen=True)
class OfficersList:
    """The page's path, and the line of each case on it: what the names of its inputs begin with."""

    path: str
    lines: dict[str, str]
    waiting: tuple[str, ...]
    decidable: tuple[str, ...]

    def form(self, page: str) -> dict[str, str]:
        """What a person would send who answered nothing."""
        return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}

    def says(self, case: str, answer: str, **more: str) -> dict[str, str]:
        """An answer on the line of a case; dates as `by="8 12 2026"`."""
        said = {"answer": answer}
        for name, value in more.items():
            parts = value.split() if re.fullmatch(r"\d+ \d+ \d+", value) else []
            said |= dict(zip((f"{name}-day", f"{name}-month", f"{name}-year"), parts, strict=True)) if parts else {name: value}
        return {f"{self.lines[case]}{name.replace('fact_', 'fact.')}": value for name, value in said.items()}


def officers_list(site: Site, decidable: int, waiting: int) -> OfficersList:
    """Reviews whose decision is one day late: `decidable` after their meeting, `waiting` whose meeting nobody recorded; listed on 4 December."""
    ready = tuple(meeting_held(site) for _ in range(decidable))
    rest = tuple(site.review() for _ in range(waiting))
    for case in rest:
        site.records(case, "agree_meeting_date", "2026-09-20", meeting_on=date(2026, 11, 5))
    site.clock.today_is = LATE_ON
    parts = Parts(site.settings, site.engines, site.clock, site.ledger.parts.library, site.ledger)
    chase(parts, LATE_ON)
    send_lists(parts, site.clock.now())
    with site.engines.scheduler() as session:
        asked = (
            "SELECT d.id, c.ref, d.mailing_id, d.school_id FROM deliveries d JOIN cases c ON c.id = d.case_id JOIN mailings g ON g.id = d.mailing_id "
            "WHERE g.kind = 'list' AND d.step = %s AND d.state = 'listed' AND c.ref = ANY(%s) ORDER BY d.id"
        )
        rows = session.connection().exec_driver_sql(asked, (DECISION, [*ready, *rest])).all()
    (mailing,) = {row.mailing_id for row in rows}
    token = ListLinks(signing_keys(site.settings)).make(mailing, frozenset(row.school_id for row in rows))
    return OfficersList(f"/list/{token}", {row.ref: f"l{row.id}." for row in rows}, rest, ready)
