"""`letter` and `told`: the letter of a message that reached nobody, and recording that a person told its reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Who, day_of
from cli.show import fail, refusals, write_file
from cli.working import Acting, Working, acting, working

if TYPE_CHECKING:
    from db.queries.messages import MessageRow

Number = Annotated[int, typer.Argument(help="Its number, from `sendflow inbox`")]


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(letter)
    app.command()(told)


def letter(number: Number, out: Annotated[Path, typer.Option("--out", help="The HTML file to write, to print")], who: Who = None) -> None:
    """Write the letter of a message that reached nobody, to print."""
    with refusals():
        from jinja2 import TemplateError

        from db.models import Delivery
        from notifications.on_paper import letter_on_paper

        w = working()
        message = _message(w, acting(w, who), number)
        try:
            with w.engines.scheduler() as session:
                paper = letter_on_paper(session, session.get_one(Delivery, message.id), w.today)
        except TemplateError:
            fail("its text cannot be written; `sendflow check` says what is wrong with it")
        write_file(out, paper.whole_page(w.today))
    print(f"{out}: the letter to {paper.name or message.whom}. When it is posted: sendflow told {number} --way post")


def told(
    number: Number,
    way: Annotated[str, typer.Option("--way", help="post, phone, in_person or text")],
    on: Annotated[str | None, typer.Option("--on", help="The day on which they were told, as 2027-03-03; today if not given.")] = None,
    who: Who = None,
) -> None:
    """Record that you told the reader of a message that reached nobody."""
    with refusals():
        from db.told_by_a_person import Telling, tell

        w = working()
        me = acting(w, who)
        message = _message(w, me, number)
        with w.engines.scheduler() as session:
            tell(session, message.id, Telling(way, day_of(on, w.today), me.person_id), w.today)
        print(f"{message.whom}: {_message(w, me, number, still=False).where}.")


def _message(w: Working, me: Acting, number: int, *, still: bool = True) -> MessageRow:
    from db.queries.messages import message_of

    with w.engines.app(me.schools_where("read_messages")) as session:
        found = message_of(session, number)
    if found is None or (still and not found.reached_nobody):
        fail(f"there is no message {number} that reached nobody and that you may read; `sendflow inbox` shows them")
    return found
