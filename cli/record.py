"""Commands about the record itself: `verify`, `anchor`, `erase`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from cli.arguments import Json, Ref, Who, page_of
from cli.show import BROKEN, as_json, fail, refusals
from cli.working import acting, working


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(verify)
    app.command()(anchor)
    app.command()(erase)


def verify(
    case: Annotated[str | None, typer.Argument(help="One case, as AR-000007; all if not given.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="A file written by `sendflow anchor`, kept outside.")] = None,
    json: Json = False,
) -> None:
    """Prove the record: every chain, every word kept, every position folded anew. Exit code 1 when something is wrong."""
    with refusals():
        if against is not None and not against.is_file():
            fail(f"there is no file {against}")
        kept = against.read_text(encoding="utf-8") if against else None
        try:
            faults = working().ledger.verify(case, kept)
        except ValueError as none:  # it is no anchor
            fail(str(none))
    if json:
        as_json(faults)
    else:
        for fault in faults:
            print(f"{fault.case}, event {fault.seq}: {fault.what}")
        print(f"{len(faults)} faults.")
    if faults:
        raise typer.Exit(BROKEN)


def anchor() -> None:
    """Print the heads of all chains. Keep them outside: with them `verify` also shows a case removed or a chain made anew."""
    with refusals():
        print(working().ledger.anchor(), end="")


def erase(ref: Ref, yes: Annotated[bool, typer.Option("--yes", help="Really: it cannot be undone.")] = False, who: Who = None) -> None:
    """Erase the personal words of a case (comments, reasons) and its files. The chain stays whole and says that it was done, by whom and when."""
    with refusals():
        w = working()
        me = acting(w, who)
        page_of(w, me, ref)
        if not yes:
            fail(f"the comments, reasons and files of {ref} would be gone for good; say --yes if that is meant")
        erased = w.ledger.erase_private(me.actor, key=uuid4(), case=ref, on=w.today)
        print(f"{ref}: {erased} personal texts and files erased.")
