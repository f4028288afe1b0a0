"""`sendflow redate`: dates that move because the school's calendar or a fact became another. Shown first with --preview; then done by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Fact, Json, Who, page_of
from cli.show import as_json, fail, refusals, table
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cli.working import Acting
    from db.acts.redating import Redated
    from db.queries.redating import WouldMove

EVERY = 25  # cases between two lines of progress


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(redate)


def redate(
    preview: Annotated[bool, typer.Option("--preview", help="Show what would move and who would be told. Nothing is written.")] = False,
    school: Annotated[str, typer.Option("--school", help="Only the school with this URN.")] = "",
    holiday: Annotated[list[str] | None, typer.Option("--holiday", help="A bank holiday more: 2027-05-07, or FIRST..LAST.")] = None,
    no_holiday: Annotated[list[str] | None, typer.Option("--no-holiday", help="A bank holiday less, which has been moved: 2027-05-03.")] = None,
    closed: Annotated[list[str] | None, typer.Option("--closed", help="Days closed to pupils (INSET, snow): 2027-03-03, or FIRST..LAST.")] = None,
    terms: Annotated[Path | None, typer.Option("--terms", help="A file of term dates, as `sendflow import` takes it.")] = None,
    case: Annotated[str, typer.Option("--case", help="With --fact: the case, as AR-000007.")] = "",
    fact: Fact = None,
    because: Annotated[str, typer.Option("--because", help="Why. It stands in the record of each case.")] = "",
    who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Count open dates anew after the school's days have changed. With --preview: what would move, by those days or by others, for whom."""
    with refusals():
        single = bool(holiday or no_holiday or closed)
        _fit(preview, bool(single or terms), bool(terms), single, case, fact or [], because)
        w = working()
        me = acting(w, who)
        schools = _schools(w, me, school)
        if not preview:
            _say_done(_do(w, me, schools, because, quiet=json), json)
            return
        found = (
            _by_fact(w, me, schools, case, fact or []) if case else _by_days(w, me, schools, (holiday or [], closed or [], no_holiday or []), terms)
        )
    _say_would(found, json)


def _fit(preview: bool, days: bool, terms: bool, single: bool, case: str, fact: Sequence[str], because: str) -> None:
    """Leave with exit code 2 when the options contradict each other or one is missing."""
    if not preview and (days or case):
        fail(
            "--holiday, --no-holiday, --closed, --terms and --case go with --preview: import the days or correct the fact, and then redate what moved"
        )
    if bool(case) != bool(fact):
        fail("--case and --fact go together: --case AR-000007 --fact meeting_on=2027-03-03")
    if case and days:
        fail("--case shows what a corrected fact moves, the other options what other days move; say one of them")
    if terms and single:
        fail("say --terms, or days with --holiday, --no-holiday and --closed")
    if not preview and not because.strip():
        fail("say why with --because: it stands in the record of each case (or look first, with --preview)")


def _schools(w: Working, me: Acting, urn: str) -> frozenset[int]:
    from db.calendars_to_be import school_of

    mine = me.schools_where("redate")
    if not mine:
        fail(f"counting dates anew is for the SENCO, the headteacher or the trust SEND lead of a school; {me.name} is none of these")
    if not urn:
        return frozenset(mine)
    with w.engines.app(mine) as session:
        found = school_of(session, urn)
    if found is None:
        fail(f"there is no school {urn} among your schools; give a URN of one of them")
    return frozenset({found})


def _do(w: Working, me: Acting, schools: frozenset[int], because: str, *, quiet: bool) -> list[Redated]:
    def told(done: int, of: int) -> None:
        if not quiet and (done % EVERY == 0 or done == of):
            print(f"{done} of {of} cases", flush=True)

    return w.ledger.redate(me.actor, because=because, schools=schools, told=told)


def _by_days(w: Working, me: Acting, schools: frozenset[int], said: Sequence[Sequence[str]], terms: Path | None) -> list[WouldMove]:
    """`said`: the days of --holiday, --closed and --no-holiday, as they were typed."""
    from db.calendars_to_be import calendars_of, with_days, with_terms
    from db.queries.redating import running_cases, would_move

    holidays, closures, moved = (_days(*one) for one in zip(("--holiday", "--closed", "--no-holiday"), said, strict=True))
    if terms is not None and not terms.is_file():
        fail(f"there is no file {terms}")
    with w.engines.scheduler() as session:
        if terms is not None:
            calendars = with_terms(session, sorted(schools), terms, w.today)
        else:
            found = calendars_of(session, schools)
            try:
                calendars = {one: with_days(calendar, holidays, closures, moved) for one, calendar in found.items()}
            except ValueError as fault:
                fail(f"--no-holiday {fault}")
    with w.engines.app(me.roles) as session:
        readable = running_cases(session, schools)
    with w.engines.scheduler() as session:
        return list(would_move(session, w.today, calendars, readable))


def _days(option: str, said: Sequence[str]) -> frozenset[date]:
    from db.calendars_to_be import days_between

    try:
        return frozenset(day for one in said for day in days_between(one))
    except ValueError as fault:
        fail(f"{option} {fault}")


def _by_fact(w: Working, me: Acting, schools: frozenset[int], case: str, fact: Sequence[str]) -> list[WouldMove]:
    from cli.definitions import read_facts
    from db.queries.redating import would_move_by
    from rules.history import Event

    event = Event("correct", w.today, facts=read_facts(page_of(w, me, case).definition.facts, list(fact)))
    with w.engines.scheduler() as session:
        found = would_move_by(session, w.today, schools, case, event)
    if found is None:
        fail(f"there is no running case {case} in your schools")
    return found


def _say_would(found: Sequence[WouldMove], json: bool) -> None:
    if json:
        as_json(found)
        return
    rows = [(one.case, one.school, one.title, one.was_on, one.now_on or "no date", ", ".join(one.tells) or "nobody was told") for one in found]
    if rows:
        table(("case", "school", "step", "by: now", "by: then", "who was told, and is told anew"), rows, "Dates that would move")
    told = {(one.case, name) for one in found for name in one.tells}
    print(f"{len(rows)} dates in {len({one.case for one in found})} cases would move, {len(told)} messages would go. Nothing has been written.")


def _say_done(done: Sequence[Redated], json: bool) -> None:
    if json:
        as_json(done)
        return
    moved = [(one.case, date) for one in done for date in one.moved]
    rows = ((ref, " ".join([one.step.replace("_", " "), one.party]).strip(), one.was_on, one.now_on or "no date") for ref, one in moved)
    if moved:
        table(("case", "step", "by: before", "by: now"), rows, "Dates that have moved")
    print(f"{len(done)} cases were counted anew; {len(moved)} dates in {len({ref for ref, _ in moved})} of them have moved.")
