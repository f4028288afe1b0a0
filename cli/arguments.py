"""What several commands on cases take: the case, facts, a day, who acts; and how these are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.show import AS_JSON, fail
from cli.working import AS_PERSON, Acting, Working

if TYPE_CHECKING:
    from datetime import date

    from db.queries.case_page import CasePage

Ref = Annotated[str, typer.Argument(help="For example: AR-000007")]
Fact = Annotated[list[str] | None, typer.Option("--fact", help="name=value; as often as needed")]
On = Annotated[str | None, typer.Option("--on", help="The day it happened, as 2027-03-03; today if not given.")]
Who = Annotated[str | None, AS_PERSON]
Json = Annotated[bool, AS_JSON]
Party = Annotated[str, typer.Option("--party", help="Whose step, where each party has its own, as: health")]
Because = Annotated[str, typer.Option("--because", help="Why. It stands in the record.")]


def page_of(w: Working, me: Acting, ref: str) -> CasePage:
    """The case as this person may read it. Leaves with exit code 2 when there is none in their schools."""
    from db.queries.case_page import case_page

    with w.engines.app(me.roles) as session:
        found = case_page(session, ref, w.today)
    if found is None:
        fail(f"there is no case {ref} in your schools")
    return found


def day_of(text: str | None, today: date) -> date:
    """The day that was typed, today if none was. Leaves with exit code 2 when it is no date."""
    from datetime import date

    if text is None:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not a date; write it as 2027-03-03")
