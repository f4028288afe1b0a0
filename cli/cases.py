"""Commands that change cases: `open`, `decide`, `correct`, `except`, `withdraw`. Each shows what is next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from cli.arguments import Because, Fact, Json, On, Party, Ref, Who, day_of, page_of
from cli.definitions import read_facts
from cli.show import as_json, fail, refusals
from cli.working import acting, working

if TYPE_CHECKING:
    from cli.working import Acting, Working
    from db.ledger import Receipt


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command("open")(open_case)
    app.command()(decide)
    app.command()(correct)
    app.command("except")(record_exception)
    app.command()(withdraw)


def open_case(
    process: Annotated[str, typer.Argument(help="A process, for example annual_review or reassessment")],
    pupil: Annotated[str, typer.Argument(help="The pupil's UPN, or the beginning of the names; left out with --school")] = "",
    school: Annotated[str, typer.Option("--school", help="The school that the case is about: its URN, or the beginning of its name")] = "",
    fact: Fact = None, on: On = None, who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Open a case for a pupil, or about a school, with the facts that the process opens with."""
    with refusals():
        from rules.calendar import england
        from rules.warnings import warnings_at

        w = working()
        me = acting(w, who)
        if process not in w.library.definitions:
            fail(f"there is no process {process!r}; name one of: {', '.join(w.library.definitions)}")
        if bool(pupil) == bool(school):
            fail("name a pupil, or a school with --school, and not both")
        pupil_id, school_id = (None, _the_school(w, me, school)) if school else (_the_pupil(w, me, pupil, process), None)
        facts = read_facts(w.library.definitions[process][-1].opens_with, fact or [])  # which text is in force may hang on one of them
        opened_on = day_of(on, w.today)
        for words in warnings_at(w.library.for_new_case(process, opened_on, facts), facts, opened_on, england()):
            print(f"Warning: {words}", file=sys.stderr)
        receipt = w.ledger.open_case(me.actor, key=uuid4(), process=process, pupil_id=pupil_id, school_id=school_id, facts=facts, on=opened_on)
        _say(receipt, json)


def _the_pupil(w: Working, me: Acting, words: str, process: str) -> int:
    from db.queries.cases import find_pupils
    from rules.leaving import may_be_opened_for_leavers

    with w.engines.app(me.roles) as session:
        found = find_pupils(session, words, w.today, limit=3, left_too=may_be_opened_for_leavers(process))
    if len(found) != 1:
        lines = (f"{p.name}, born {p.born_on}, {p.school}, UPN {p.upn}" for p in found)
        fail(f"{'no pupil' if not found else 'more than one pupil'} fits {words!r}; give the UPN", lines)
    return found[0].id


def _the_school(w: Working, me: Acting, words: str) -> int:
    from db.queries.schools import schools_to_start

    with w.engines.app(me.roles) as session:
        found = [one for one in schools_to_start(session, w.today) if one.urn == words or one.name.casefold().startswith(words.casefold())]
    if len(found) != 1:
        fail(
            f"{'no school' if not found else 'more than one school'} of yours fits {words!r}; give the URN",
            (f"{one.name}, URN {one.urn}" for one in found),
        )
    return found[0].id


def decide(
    ref: Ref,
    step: Annotated[str, typer.Argument(help="For example: agree_meeting_date")],
    outcome: Annotated[str, typer.Argument(help="An outcome or answer of the step; `done` where it has none")] = "done",
    party: Party = "", fact: Fact = None, comment: Annotated[str, typer.Option("--comment")] = "", on: On = None, who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Record how a step ended; what is next is shown at once."""
    with refusals():
        w = working()
        me = acting(w, who)
        found = page_of(w, me, ref)
        facts = read_facts(found.definition.facts, fact or [])
        private = {"comment": comment} if comment else {}
        receipt = w.ledger.decide(
            me.actor, key=uuid4(), case=ref, step=step, party=party, outcome=outcome, facts=facts, private=private, on=day_of(on, w.today),
        )  # fmt: skip
        _say(receipt, json)


def correct(
    ref: Ref, what: Annotated[str, typer.Argument(help="A fact, as name=value; or a step, with --outcome")], because: Because,
    outcome: Annotated[str, typer.Option("--outcome", help="How the step really ended; what followed from the wrong outcome is done anew.")] = "",
    fact: Fact = None, party: Party = "", who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Correct a fact (every date that counts from it moves), or how a step ended (`correct AR-000007 la_decision --outcome amend`)."""
    with refusals():
        w = working()
        me = acting(w, who)
        known = page_of(w, me, ref).definition.facts
        key, on = uuid4(), w.today
        if outcome:
            receipt = w.ledger.correct_outcome(
                me.actor, key=key, case=ref, step=what, party=party, outcome=outcome, facts=read_facts(known, fact or []), because=because, on=on
            )
        elif fact:
            fail("--fact goes with --outcome; a fact alone is corrected as: correct REF name=value --because ...")
        else:
            ((name, value),) = read_facts(known, [what]).items()
            receipt = w.ledger.correct(me.actor, key=key, case=ref, fact=name, value=value, because=because, on=on, party=party)
        _say(receipt, json)


def record_exception(
    ref: Ref, step: str, exception: Annotated[str, typer.Argument(help="An exception that the law allows")], because: Because,
    review: Annotated[str, typer.Option("--review", help="When it is looked at again")], party: Party = "", who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Lift a step's date under an exception of the law. A date is lifted, never moved."""
    with refusals():
        w = working()
        me = acting(w, who)
        receipt = w.ledger.apply_exception(
            me.actor,
            key=uuid4(),
            case=ref,
            step=step,
            party=party,
            exception=exception,
            because=because,
            review_on=day_of(review, w.today),
            on=w.today,
        )
        _say(receipt, json)


def withdraw(
    ref: Ref,
    name: Annotated[str, typer.Argument(help="withdrawn, moved_away, opened_in_error ...")],
    because: Because,
    who: Who = None,
    json: Json = False,
) -> None:
    """End a case from wherever it is."""
    with refusals():
        w = working()
        me = acting(w, who)
        if name not in page_of(w, me, ref).definition.interrupts:
            fail(f"this case cannot end as {name!r}; name one of: {', '.join(page_of(w, me, ref).definition.interrupts)}")
        _say(w.ledger.interrupt(me.actor, key=uuid4(), case=ref, name=name, because=because, on=w.today), json)


def _say(receipt: Receipt, json: bool) -> None:
    if json:
        as_json(receipt)
        return
    print(f"{receipt.case}: {'this was recorded before' if receipt.repeated else 'recorded'}, number {receipt.seq}.")
    for ref in receipt.also_opened:
        print(f"  It opened {ref}.")
    if receipt.ended:
        print(f"  The case has ended: {receipt.ended.replace('_', ' ')}.")
    for one in receipt.opened:
        by = one.due or one.target
        name = one.step.replace("_", " ") + (f" ({one.party.replace('_', ' ')})" if one.party else "")
        print(f"  {'Now open' if one.status == 'open' else 'Its time runs'}: {name}{f', by {by.on}' if by else ''}")
