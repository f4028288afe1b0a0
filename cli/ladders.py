"""`sendflow ladder`: a trust's, school's or authority's own ladder in the place of a shipped one. Shown, tried with --preview, set, unset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Because, Json, Who
from cli.show import as_json, fail, refusals, table
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.working import Acting
    from db.queries.ladders import ChasedStep, OwnLadderRow
    from db.setting_ladders import Scope
    from rules.definition import Ladder

Name = Annotated[str, typer.Argument(help="A ladder of process_definitions/ladders.yaml, as la_duty")]
School = Annotated[str, typer.Option("--school", help="For the school with this URN. Without --school and --authority: for the trust.")]
Authority = Annotated[str, typer.Option("--authority", help="For the pupils of the local authority with this three-digit code.")]
Try = Annotated[bool, typer.Option("--preview", help="Show which open steps would be chased otherwise. Nothing is written.")]
Now = Annotated[bool, typer.Option("--open-steps", help="For open steps too, at once. Without it they change when their date moves.")]

ladder = typer.Typer(help="Own ladders: who is reminded and told, and when, by trust, school or local authority.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.add_typer(ladder, name="ladder")


@ladder.command()
def show(
    name: Annotated[str, typer.Argument(help="One ladder, with its rungs. Without it: all, and where own ones hold.")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Also own ladders that have ended: who set and unset what, when and why.")] = False,
    who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """The shipped ladders, and own ones that stand for them: the school's before the local authority's before the trust's."""
    with refusals():
        from db.queries.ladders import own_ladders

        w = working()
        me = acting(w, who)
        shipped = w.library.registers.ladders
        if name and name not in shipped:
            fail(f"there is no ladder {name!r}; name one of: {', '.join(shipped)}")
        with w.engines.app(me.schools) as session:
            own = own_ladders(session, ended=ended, ladder=name)
    if json:
        as_json({"shipped": [one for one in shipped.values() if name in ("", one.name)], "own": own})
    elif name:
        _show_one(shipped[name], own)
    else:
        where = {one: ", ".join(o.where for o in own if o.ladder == one and o.removed_at is None) for one in shipped}
        table(("ladder", "rungs", "own ones for"), ((one, len(found.rungs), where[one]) for one, found in shipped.items()), "Ladders")


@ladder.command("set")
def set_one(
    name: Name, file: Annotated[Path, typer.Argument(help="The ladder: `rungs:` as in ladders.yaml")], because: Because = "",
    school: School = "", authority: Authority = "", preview: Try = False, open_steps: Now = False, who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Put an own ladder in the place of a shipped one, for steps that open or are re-dated from now on."""
    with refusals():
        from db.setting_ladders import set_ladder
        from rules.overriding import read_override
        from rules.problems import DefinitionErrors

        if not file.is_file():
            fail(f"there is no file {file}")
        w, me, scope = _begun(who, school, authority, preview, because)
        content = _text(file)
        try:
            own = read_override(content, name, w.library, _templates())
        except DefinitionErrors as faults:
            fail("this ladder cannot stand:", (str(one).replace("ladder:", f"{file.name}:", 1) for one in faults.problems))
        steps = _otherwise(w, me, scope, name, own)
        if not preview:
            set_ladder(w.ledger.parts, me.person_id, me.schools, scope, own, content, because)
            _at_once(w, steps if open_steps else ())
        _say(steps, "set", preview, open_steps, json)


@ladder.command()
def unset(
    name: Name, because: Because = "", school: School = "", authority: Authority = "", preview: Try = False, open_steps: Now = False,
    who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Take an own ladder away: the shipped one, or the own one of a wider scope, holds again."""
    with refusals():
        from db.setting_ladders import unset_ladder

        w, me, scope = _begun(who, school, authority, preview, because)
        if name not in w.library.registers.ladders:
            fail(f"there is no ladder {name!r}; name one of: {', '.join(w.library.registers.ladders)}")
        wider = _wider(w, me, scope, name)
        steps = _otherwise(w, me, scope, name, wider)
        if not preview:
            if not unset_ladder(w.ledger.parts, me.person_id, me.schools, scope, name, because):
                fail(f"no own ladder {name!r} holds there; `sendflow ladder show {name}` shows where one does")
            _at_once(w, steps if open_steps else ())
        _say(steps, "unset", preview, open_steps, json)


def _begun(who: str | None, school: str, authority: str, preview: bool, because: str) -> tuple[Working, Acting, Scope]:
    from db.calendars_to_be import school_of
    from db.setting_ladders import Scope, authority_of

    if school and authority:
        fail("say --school or --authority; without both the ladder is for the trust")
    if not preview and not because.strip():
        fail("say why with --because: it is kept with the ladder (or look first, with --preview)")
    w = working()
    me = acting(w, who)
    mine = me.schools_where("set_ladder")
    if not mine:
        fail(f"setting ladders is for a trust's SEND lead; {me.name} is none")
    with w.engines.app(mine) as session:
        school_id = school_of(session, school) if school else None
        authority_id = authority_of(session, authority) if authority else None
    if school and school_id is None:
        fail(f"there is no school {school} among your schools; give a URN of one of them")
    if authority and authority_id is None:
        fail(f"there is no local authority {authority}; give its three-digit code, as la_contacts.csv has it")
    return w, me, Scope(school_id, authority_id)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8 text; save it as UTF-8")


def _templates() -> set[str]:
    from notifications.render import TEMPLATES

    return {file.stem for file in (TEMPLATES / "ladders").glob("*.j2")}


def _wider(w: Working, me: Acting, scope: Scope, name: str) -> Ladder | None:
    """What holds once the own ladder of this scope is away: for a school the trust's (an authority's is found case by case), else the shipped one."""
    from db.ladders import trust_ladder

    if scope.school_id is None and scope.authority_id is None:
        return None
    with w.engines.app(me.schools) as session:
        return trust_ladder(session.connection(), name)


def _otherwise(w: Working, me: Acting, scope: Scope, name: str, to: Ladder | None) -> list[ChasedStep]:
    from db.queries.ladders import chased_otherwise

    schools = me.schools_where("set_ladder")
    with w.engines.app(schools) as session:
        return chased_otherwise(session, sorted(schools), scope, name, to)


def _at_once(w: Working, steps: Sequence[ChasedStep]) -> None:
    for case in sorted({one.case for one in steps}):
        w.ledger.rebuild_rows(case)


def _say(steps: Sequence[ChasedStep], done: str, preview: bool, at_once: bool, json: bool) -> None:
    if json:
        as_json(steps)
        return
    rows = ((one.case, one.title, _days(one.days_now), _days(one.days_then)) for one in steps)
    if steps:
        table(("case", "step", "reminders: now", "reminders: then"), rows, "Open steps that it would chase otherwise")
    cases = len({one.case for one in steps})
    if preview:
        print(f"{len(steps)} open steps in {cases} cases. Nothing has been written.")
    elif at_once:
        print(f"The ladder is {done}. {len(steps)} open steps in {cases} cases are chased by it from now on.")
    else:
        print(f"The ladder is {done} for steps that open or are re-dated from now on; {len(steps)} open steps stay as they are until then.")


def _days(days: Sequence[object]) -> str:
    return ", ".join(str(day) for day in days)


def _show_one(shipped: Ladder, own: Sequence[OwnLadderRow]) -> None:
    headings = ("when", "tells", "severity", "template")
    table(headings, ((r.when, r.tells, r.severity, r.template) for r in shipped.rungs), f"{shipped.name}, as shipped")
    for one in own:
        table(headings, one.rungs, f"{one.ladder}, for {one.where}")
        print(f"  number {one.number}, set by {one.set_by}, {one.set_at:%Y-%m-%d}: {one.because}")
        if one.removed_at is not None:
            print(f"  ended by {one.removed_by}, {one.removed_at:%Y-%m-%d}: {one.removed_because}")
