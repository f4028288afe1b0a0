"""My actions: what is mine by urgency, and what I wait for from others."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from db.importing.missing_relatives import missing_relatives
from db.permissions import role_title
from db.queries.acting import away_today
from db.queries.inbox import inbox, overdue
from db.queries.messages import failed_messages
from db.queries.rights import rights_passed
from db.queries.set_aside import set_aside
from db.queries.step_rows import StepRow
from db.queries.unowned import unowned_told
from db.queries.urgency import URGENCIES, Urgency, by_urgency
from db.watching import look, of_the_installation
from rules.owed import RIGHTS_HELD_BY
from tasks.open_reviews import not_running
from web.console import Console, console_of, page
from web.signed_in import require_signed_in

router = APIRouter()
HEADS: dict[Urgency, str] = {
    "overdue": "Late, by law or by our own target",
    "due_today": "Due today",
    "in_holiday": "Due before your school is open again",
    "this_week": "Due in the next seven days",
    "later": "Later",
}
LONGEST_LIST = 300
UNTOLD_SHOWN = 20


@router.get("/")
def my_actions(request: Request) -> Response:
    """The page a SENCO begins the day with."""
    me = require_signed_in(request)
    console = console_of(request)
    with console.engines.app(me.roles) as session:
        found = inbox(session, me.person_id, console.clock.today())
        mine = by_urgency(session, found.mine, console.clock.today())
        away = away_today(session, me.person_id, console.clock.today())
    with console.engines.app(me.schools_where("read_trust")) as session:
        in_trust = overdue(session, console.clock.today(), LONGEST_LIST)
        unowned = unowned_told(session)
    wrong = _wrong_with_sendflow(console) if me.schools_where("read_trust") else []
    with console.engines.app(me.schools_where("read_messages")) as session:
        untold = failed_messages(session, UNTOLD_SHOWN)
        held_up = set_aside(session)
        unreviewed = not_running(session, console.library, console.clock.today())
    with console.engines.app(me.schools_where("correct_fact")) as session:
        rights = rights_passed(session, console.clock.today())
    with console.engines.app(me.schools_where("import_files")) as session:
        absent = missing_relatives(session)
    return page(
        request,
        "my_actions.html",
        inbox=found,
        mine=[(name, HEADS[name], mine[name]) for name in URGENCIES if mine[name]],
        away=away,
        wrong=wrong,
        unowned=[(one, role_title(one.owner)) for one in unowned],
        in_trust=in_trust,
        untold=untold,
        held_up=held_up,
        unreviewed=unreviewed,
        rights=rights,
        absent=absent,
        rights_fact=RIGHTS_HELD_BY,
        step_address=step_address,
        late=_late(found.mine),
        late_elsewhere=_late(found.waiting_for),
    )


def _late(rows: Iterable[StepRow]) -> str:
    """How many of them are late, and how many are so by our own target alone, in words."""
    by_law = [row.due_on is not None for row in rows if row.overdue_days]
    found = ((sum(by_law), "past a date of law"), (len(by_law) - sum(by_law), "past our own target"))
    return "".join(f", {number} {words}" for number, words in found if number)


def _wrong_with_sendflow(console: Console) -> list[str]:
    """What is wrong with the automation itself: the trust must know when nobody is reminded, also where no `sendflow watch` runs."""
    with console.engines.scheduler() as session:
        return [one.words for one in of_the_installation(look(session, console.clock.now()))]


def step_address(step: StepRow) -> str:
    """The address of the form on which this step is decided."""
    return f"/cases/{quote(step.case)}/decide/{quote(step.step)}" + (f"?party={quote(step.party)}" if step.party else "")
