"""`absence`: who is away and who stands in; say it, list it, take it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Who, day_of
from cli.show import as_json, fail, refusals, table
from cli.working import Acting, Working, acting, working

if TYPE_CHECKING:
    from db.queries.absences import SaidAbsence

absence = typer.Typer(name="absence", help="Who is away, and who stands in.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.add_typer(absence)


@absence.command("add")
def add(
    deputy: Annotated[str, typer.Option("--deputy", help="Who stands in: an e-mail address of a member of staff")],
    from_day: Annotated[str | None, typer.Option("--from", help="The first day, as 2027-03-03; today if not given.")] = None,
    to_day: Annotated[str | None, typer.Option("--to", help="The last day; until further notice if not given.")] = None,
    person: Annotated[str, typer.Option("--person", help="Who is away, if it is not you: an e-mail address")] = "",
    who: Who = None,
    json: Json = False,
) -> None:
    """Say that you (or, for a headteacher, trust SEND lead or chief executive, somebody at your school) are away and who stands in."""
    with refusals():
        from db.absences import NewAbsence, say_away
        from db.handing_over import untold_in_time
        from db.settings import get_settings
        from db.who_says_away import may_be_said_away

        w = working()
        me = acting(w, who)
        first_on, last_on = day_of(from_day, w.today), day_of(to_day, w.today) if to_day else None
        with w.engines.scheduler() as session:
            away = _staff(w, person) if person else me.person_id
            if away not in may_be_said_away(session, me.person_id, me.schools_where("say_away"), w.today):
                fail("you may say this for yourself; for somebody else a headteacher (of all their schools) or the trust says it")
            said = say_away(session, NewAbsence(away, _staff(w, deputy), first_on, last_on), by=me.person_id, today=w.today, now=w.clock.now())
            by_hand = untold_in_time(session, said, w.clock.now(), at_any_hour=get_settings().demo)
    if json:
        as_json({**asdict(said), "untold_in_time": by_hand})
        return
    print(f"{said.person} is away from {said.from_on} {_until(said)}; {said.deputy} stands in. Take it back: sendflow absence end {said.id}")
    if by_hand:
        print(by_hand)


@absence.command("list")
def list_absences(who: Who = None, json: Json = False) -> None:
    """Absences of today and later: your own, those in which you stand in, and those at schools that you lead."""
    with refusals():
        w = working()
        found = _visible(w, acting(w, who))
    if json:
        as_json(found)
        return
    table(
        ("number", "who", "from", "to", "deputy", "stands in today"),
        ((one.id, one.person, one.from_on, one.to_on or "further notice", one.deputy, _acting(one)) for one in found),
        empty="Nobody is away.",
    )


@absence.command("end")
def end(number: Annotated[int, typer.Argument(help="Its number, from `sendflow absence list`")], who: Who = None) -> None:
    """Take an absence back: from now on everything is the person's own again."""
    with refusals():
        from db.absences import take_back
        from db.who_says_away import may_be_said_away

        w = working()
        me = acting(w, who)
        with w.engines.scheduler() as session:
            mine = may_be_said_away(session, me.person_id, me.schools_where("say_away"), w.today)
        if number not in {one.id for one in _visible(w, me) if one.person_id in mine}:
            fail(f"there is no absence {number} that you may take back; `sendflow absence list` shows them")
        with w.engines.scheduler() as session:
            ended = take_back(session, number, by=me.person_id, today=w.today, now=w.clock.now())
    print(f"{ended.person} is not away any more: {ended.deputy} no longer stands in.")


def _visible(w: Working, me: Acting) -> list[SaidAbsence]:
    from db.queries.absences import absences_seen_by

    with w.engines.scheduler() as session:
        return absences_seen_by(session, me.person_id, me.schools_where("say_away"), w.today)


def _staff(w: Working, email: str) -> int:
    """The member of staff with that address. Leaves with exit code 2 when there is none."""
    from sqlalchemy import func, select

    from db.models import Person

    with w.engines.scheduler() as session:
        found = session.scalars(
            select(Person.id).where(Person.kind == "staff", func.lower(Person.email) == email.lower()).order_by(Person.id)
        ).first()
    return found if found is not None else fail(f"nobody on the staff has the address {email}")


def _until(one: SaidAbsence) -> str:
    return f"to {one.to_on}" if one.to_on else "until further notice"


def _acting(one: SaidAbsence) -> str:
    return "" if not one.begun else one.acting or "NOBODY"
