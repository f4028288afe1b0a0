"""`complain`: a formal complaint to the local authority, drafted, and approved by a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from cli.arguments import Who
from cli.show import fail, refusals, write_file
from cli.working import Acting, Working, acting, working

if TYPE_CHECKING:
    from db.queries.case_page import CasePage
    from notifications.complaint_draft import ComplaintDraft


def add_to(app: typer.Typer) -> None:
    """Put this command into `app`."""
    app.command()(complain)


def complain(
    case: Annotated[str, typer.Argument(help="The case, as AR-000014")],
    step: Annotated[str, typer.Argument(help="The step that the local authority owes, as la_decision")],
    party: Annotated[str, typer.Option("--party", help="Whose part of the step, where it has parties")] = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve it: the letter leaves, and the record says who approved it")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the draft here, as HTML")] = None,
    who: Who = None,
) -> None:
    """A formal complaint to the local authority about a step that it is late with: its draft, or with --approve the letter."""
    with refusals():
        w = working()
        me = acting(w, who)
        found = _case(w, me, case, step)
        if approve:
            w.ledger.complain(me.actor, key=uuid4(), case=case, step=step, party=party, on=w.today)
            print(f"{case}: the complaint is approved, and its letter leaves.")
            return
        letter = _draft(w, me, found, step, party)
        print(f"To {', '.join(name for name, _ in letter.readers) or 'nobody: the authority has no address here'}. {letter.subject}")
        if out is not None:
            write_file(out, letter.html)
            print(f"{out}: the draft")
        print(f"Approve it: sendflow complain {case} {step}{f' --party {party}' if party else ''} --approve")


def _case(w: Working, me: Acting, case: str, step: str) -> CasePage:
    from db.permissions import in_words, role_in_which, roles_for
    from db.queries.case_page import case_page

    with w.engines.app(me.roles) as session:
        found = case_page(session, case, w.today)
    if found is None or step not in found.definition.steps:
        fail(f"there is no case {case} with a step {step} that you may read; `sendflow case {case}` names its steps")
    if role_in_which(me.roles.get(found.head.school_id, frozenset()), roles_for("complain_to_la")) is None:
        fail(f"a formal complaint is approved by {in_words(found.definition, roles_for('complain_to_la'))}")
    return found


def _draft(w: Working, me: Acting, found: CasePage, step: str, party: str) -> ComplaintDraft:
    from notifications.complaint_draft import draft_with_cause

    try:
        instance = found.position.instance(step, party)
    except KeyError:
        fail(f"“{step}” of {found.head.ref} has no part of {party or 'nobody'}; give --party as the case shows it")
    with w.engines.scheduler() as session:
        return draft_with_cause(session, found, instance, by=me.person_id, today=w.today)
