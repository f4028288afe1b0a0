"""`links`: who holds a link to a case's open steps; withdrawing one, or all, and allowing one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Ref, Who, page_of
from cli.show import as_json, fail, refusals, table
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.links_held import HeldLink

Withdraw = Annotated[str, typer.Option("--withdraw", help="The link to withdraw, by its number here")]
All = Annotated[bool, typer.Option("--all", help="Withdraw every link of the case that is not withdrawn yet")]
Allow = Annotated[str, typer.Option("--allow-again", help="The withdrawn link whose reader may have one again, by its number here")]


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(links)


def links(ref: Ref, withdraw: Withdraw = "", all_: All = False, allow_again: Allow = "", who: Who = None, json: Json = False) -> None:
    """Who can answer about a case without an account, and withdrawing their links."""
    with refusals():
        from db.permissions import in_words, roles_for

        w = working()
        me = acting(w, who)
        found = page_of(w, me, ref)
        if found.head.school_id not in me.schools_where("make_link"):
            fail(f"links are seen and withdrawn by {in_words(found.definition, roles_for('make_link'))} of the school")
        if sum(map(bool, (withdraw, all_, allow_again))) > 1:
            fail("give one of --withdraw, --all and --allow-again")
        if withdraw or all_ or allow_again:
            _change(w, ref, me.person_id, withdraw=withdraw, all_=all_, again=allow_again)
        held = _held(w, ref)
        if json:
            as_json(held)
        else:
            _show(held)


def _held(w: Working, ref: str) -> list[HeldLink]:
    from db.links_held import links_held

    with w.engines.scheduler() as session:
        return links_held(session, ref, w.today)


def _change(w: Working, ref: str, by: int, *, withdraw: str, all_: bool, again: str) -> None:
    from db.links_held import allow_again, withdraw_link

    held = _held(w, ref)
    chosen = [one for one in held if one.withdrawn_at is None] if all_ else [_named(held, withdraw or again, ref)]
    with w.engines.scheduler() as session:
        for one in chosen:
            (allow_again if again else withdraw_link)(session, ref, one.id, by=by, now=w.clock.now())


def _named(held: Sequence[HeldLink], number: str, ref: str) -> HeldLink:
    found = [one for one in held if one.id.hex.startswith(number.lower())] if len(number) >= 4 else []
    if len(found) != 1:
        fail(f"{ref} has no link {number}; it has " + (", ".join(one.short for one in held) or "none"))
    return found[0]


def _show(held: Sequence[HeldLink]) -> None:
    def now(one: HeldLink) -> str:
        if one.withdrawn_at is not None:
            return f"withdrawn {one.withdrawn_at:%Y-%m-%d}" + (f" by {one.withdrawn_by}" if one.withdrawn_by else "")
        if one.used:
            return "used; the next message brings another"
        return "works" if one.works else "opens nothing: with somebody else now"

    rows = ((one.short, one.reader, one.role, one.step, one.party, f"{one.made_at:%Y-%m-%d}", one.expires_on, now(one)) for one in held)
    table(("link", "of", "as", "step", "party", "first sent", "last day", "now"), rows, empty="Nobody holds a link to a step that is open.")
