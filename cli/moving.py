"""`sendflow migrate`: moves running cases to another text of their process. Shown first; done with --apply; undone with --revert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Who
from cli.show import REFUSED, as_json, fail, refusals, table
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.moving_many import Moved
    from db.ledger import Actor
    from rules.definition import Definition

FOLDER = "folder"
SHOWN = 12


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(migrate)


def migrate(
    ref: Annotated[str | None, typer.Argument(help="One case, as AR-000007. Without it and without --all: which texts there are.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All running cases of your schools.")] = False,
    to: Annotated[str, typer.Option("--to", help="The version to move to, as `sendflow case` says it; or `folder`: what a new case gets.")] = "",
    revert: Annotated[bool, typer.Option("--revert", help="Back from the last move (with --to: from the move to that version).")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Do it. Without it nothing is written: the dates and owners that move are shown.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why. It stands in each case's record.")] = "",
    process: Annotated[str, typer.Option("--process", help="With --all: only cases of this process.")] = "",
    school: Annotated[str, typer.Option("--school", help="With --all: only cases of the school with this URN.")] = "",
    who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Move running cases to another text of their process: shows which dates and owners move; --apply does it, --revert undoes it."""
    with refusals():
        _fit(ref, every, to, revert, apply, reason, process, school)
        w = working()
        actor = _mover(w, who)
        if ref is None and not every:
            _list(w, actor, json)
            return
        found = _work(w, actor, ref, every, to, revert, process, school, reason if apply else "", json)
    _report(found, apply, json)
    if any(one.answer == "refused" for one in found):
        raise typer.Exit(REFUSED)


def _fit(ref: str | None, every: bool, to: str, revert: bool, apply: bool, reason: str, process: str, school: str) -> None:
    """Leave with exit code 2 when the options contradict each other or one is missing."""
    if ref is not None and every:
        fail("name one case, or say --all")
    if (process or school) and not every:
        fail("--process and --school go with --all")
    if (ref is not None or every) and not (to or revert):
        fail("say --to VERSION (`sendflow migrate` alone lists them), or --revert")
    if revert and to == FOLDER:
        fail("--revert goes with the version that was moved to, not with `folder`")
    if apply and not reason.strip():
        fail("--apply needs --reason: it stands in the record of each case")


def _mover(w: Working, who: str | None) -> Actor:
    from db.ledger import Actor

    me = acting(w, who)
    schools = me.schools_where("change_definition")
    if not schools:
        fail(f"moving cases to another text is for a trust's SEND lead; {me.name} is none")
    return Actor(me.person_id, frozenset(schools), "cli")


def _scope(actor: Actor) -> dict[int, tuple[str, ...]]:
    """The mover's schools and the role by which they move, and read, its cases."""
    from db.permissions import roles_for

    return dict.fromkeys(actor.schools, roles_for("change_definition"))


def _list(w: Working, actor: Actor, json: bool) -> None:
    from db.queries.versions import versions

    with w.engines.app(_scope(actor)) as session:
        found = versions(session, w.library)
    if json:
        as_json(found)
        return
    rows = ((one.process, one.version, one.file, one.in_folder, one.running) for one in found)
    table(("process", "version", "file", "in the folder", "running cases"), rows, "Texts that cases run on, or that a new case may get")


def _work(
    w: Working, actor: Actor, ref: str | None, every: bool, to: str, revert: bool, process: str, school: str, because: str, json: bool
) -> Sequence[Moved]:
    from cli.moving_many import move_all
    from db.queries.versions import moves_standing, running_cases, version_named

    with w.engines.app(_scope(actor)) as session:
        text = version_named(session, w.library, to) if to and to != FOLDER else None
        if ref is not None:
            refs: Sequence[str] = [ref]
        else:
            refs = running_cases(session, process or (text.process if text is not None else ""), school)
            if revert:
                standing = moves_standing(session)
                refs = [one for one in refs if one in standing]
                text = text or _the_one_move(w, {standing[one] for one in refs})
    return move_all(w, actor, refs, text, revert, because, quiet=json or ref is not None)


def _the_one_move(w: Working, hashes: set[str]) -> Definition | None:
    """The text that all these cases were moved to. Leaves with exit code 2 where there is more than one: a way back must be sure of its move."""
    from db.queries.definitions_read import definitions_by_hash

    if len(hashes) > 1:
        fail("these cases were moved to more than one version; say which move to undo with --to", sorted(one[:SHOWN] for one in hashes))
    with w.engines.scheduler() as session:
        return next(iter(definitions_by_hash(session, hashes).values()), None)


def _report(found: Sequence[Moved], applied: bool, json: bool) -> None:
    if json:
        as_json([one.as_json() for one in found])
        return
    shown = [one for one in found if one.preview is not None and one.answer == "would move"]
    for one in shown if len(found) == 1 else ():
        _show_why(one)
    rows = [(one.ref, *row) for one in shown for row in one.rows()]
    if rows:
        headings = ("case", "step", "what moves", "by: now", "by: then", "whose: now", "whose: then")
        table(headings, rows, "Dates and owners that would move")
    for one in found:
        if one.answer in ("refused", "passed over") or (one.answer == "would move" and not one.rows()):
            print(f"{one.ref}: {one.answer}. {one.words}")
        for name in one.not_opened:
            print(f"{one.ref}: the new text opens a case of “{name}” after what is recorded here; a move opens none. Open it by hand if it is owed.")
    print(_counted(found, applied))


def _show_why(one: Moved) -> None:
    assert one.preview is not None
    print(f"{one.ref}: from version {one.preview.now.hash[:SHOWN]} to {one.preview.to.hash[:SHOWN]} of {one.preview.to.process}")
    for step in one.preview.comparison.steps:
        for word, then in (("now", step.was), ("then", step.will_be)):
            if then is not None and then.why and step.what != "owner":
                print(f"  {step.title}, {word} {then.by}: {' '.join(then.why)}")


def _counted(found: Sequence[Moved], applied: bool) -> str:
    counts = {answer: sum(one.answer == answer for one in found) for answer in ("moved", "would move", "passed over", "refused", "not reached")}
    said = ", ".join(f"{count} {answer}" for answer, count in counts.items() if count) or "no case"
    if counts["not reached"]:
        return f"Stopped: {said}. Every case is wholly on its old text or on the new one. The same command goes on where it stopped."
    return f"{said}." if applied else f"{said}. Nothing has been written; --apply --reason does it."
