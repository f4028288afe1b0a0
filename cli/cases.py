"""Commands on cases: `open`, `inbox`, `case`, `decide`, `correct`, `except`, `withdraw`, `due`, `explain`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from cli.definitions import read_facts
from cli.show import AS_JSON, as_json, fail, refusals, table
from cli.working import AS_PERSON, acting, working

if TYPE_CHECKING:
    from datetime import date

    from db.ledger import Receipt
    from db.queries.case_page import CasePage
    from db.queries.step_rows import StepRow

Ref = Annotated[str, typer.Argument(help="For example: AR-000007")]
Fact = Annotated[list[str] | None, typer.Option("--fact", help="name=value; as often as needed")]
On = Annotated[str | None, typer.Option("--on", help="The day it happened, as 2027-03-03; today if not given.")]
Who = Annotated[str | None, AS_PERSON]
Json = Annotated[bool, AS_JSON]
Party = Annotated[str, typer.Option("--party", help="Whose step, where each party has its own, as: health")]
Because = Annotated[str, typer.Option("--because", help="Why. It stands in the record.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command("open")(open_case)
    app.command()(inbox)
    app.command("case")(show_case)
    app.command()(decide)
    app.command()(correct)
    app.command("except")(record_exception)
    app.command()(withdraw)
    app.command()(due)
    app.command()(explain)


def open_case(
    process: Annotated[str, typer.Argument(help="annual_review or ehc_needs_assessment")],
    pupil: Annotated[str, typer.Argument(help="The pupil's UPN, or the beginning of the names")],
    fact: Fact = None, on: On = None, who: Who = None, json: Json = False,
) -> None:  # fmt: skip
    """Open a case for a pupil, with the facts that the process opens with."""
    with refusals():
        from db.queries.cases import find_pupils

        w = working()
        me = acting(w, who)
        if process not in w.library.definitions:
            fail(f"there is no process {process!r}; name one of: {', '.join(w.library.definitions)}")
        with w.engines.app(me.schools) as session:
            found = find_pupils(session, pupil, 3)
        if len(found) != 1:
            lines = (f"{p.name}, born {p.born_on}, {p.school}, UPN {p.upn}" for p in found)
            fail(f"{'no pupil' if not found else 'more than one pupil'} fits {pupil!r}; give the UPN", lines)
        definition = w.library.for_new_case(process, w.today, {})
        facts = read_facts(definition.opens_with, fact or [])
        receipt = w.ledger.open_case(me.actor, key=uuid4(), process=process, pupil_id=found[0].id, facts=facts, on=_day(on, w.today))
        _say(receipt, json)


def inbox(who: Who = None, json: Json = False) -> None:
    """What is mine to do, and what I wait for from others."""
    with refusals():
        from db.queries.inbox import inbox as read_inbox

        w = working()
        me = acting(w, who)
        with w.engines.app(me.schools) as session:
            found = read_inbox(session, me.person_id, w.today)
    if json:
        as_json({"person": me.name, "mine": _plain(found.mine), "waiting_for": _plain(found.waiting_for)})
        return
    table(("by", "late", "case", "step", "who for", "school"), (_row(s) for s in found.mine), f"{me.name}: to do", "Nothing to do.")
    print()
    table(("by", "late", "case", "step", "whose", "school"), (_row(s, True) for s in found.waiting_for), "Waiting for others", "Waiting for nobody.")


def show_case(ref: Ref, who: Who = None, json: Json = False) -> None:
    """Where a case stands, what is next and whose, which text it runs on, and what has happened."""
    with refusals():
        from db.queries.timeline import timeline_of

        w = working()
        me = acting(w, who)
        found = _page(w, me, ref)
        with w.engines.app(me.schools) as session:
            history = timeline_of(session, ref)
    if json:
        as_json(
            {"head": found.head, "now": _plain(found.now), "later": _plain(found.later), "past": found.past, "facts": found.facts, "history": history}
        )
        return
    head = found.head
    print(f"{head.ref}  {head.title}  ({head.school})")
    print(f"  opened {head.opened_on}; {'ended: ' + head.ended_title if head.ended else 'running'}")
    print(f"  runs on the text {head.process}, version {head.definition_hash[:12]} (now in the folder: {_current(w, head.process)})")
    table(
        ("by", "late", "step", "whose", "state", "law"),
        ((s.act_by_on, s.overdue_days or "", s.title, s.whose, s.status, s.citation) for s in (*found.now, *found.later)),
        "\nWhat is next",
    )
    table(("fact", "value"), ((f.title + (f" ({f.party})" if f.party else ""), f.value) for f in found.facts), "\nWhat is known")
    table(("no", "on", "what", "outcome", "by"), ((e.seq, e.happened_on, e.what, e.outcome, e.who) for e in history), "\nWhat has happened")


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
        found = _page(w, me, ref)
        facts = read_facts(found.definition.facts, fact or [])
        private = {"comment": comment} if comment else {}
        receipt = w.ledger.decide(
            me.actor, key=uuid4(), case=ref, step=step, party=party, outcome=outcome, facts=facts, private=private, on=_day(on, w.today),
        )  # fmt: skip
        _say(receipt, json)


def correct(
    ref: Ref, fact: Annotated[str, typer.Argument(help="name=value")], because: Because, party: Party = "", who: Who = None, json: Json = False
) -> None:
    """Correct a fact; every date that counts from it moves."""
    with refusals():
        w = working()
        me = acting(w, who)
        ((name, value),) = read_facts(_page(w, me, ref).definition.facts, [fact]).items()
        receipt = w.ledger.correct(me.actor, key=uuid4(), case=ref, fact=name, value=value, because=because, on=w.today, party=party)
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
            me.actor, key=uuid4(), case=ref, step=step, party=party, exception=exception, because=because, review_on=_day(review, w.today), on=w.today
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
        if name not in _page(w, me, ref).definition.interrupts:
            fail(f"this case cannot end as {name!r}; name one of: {', '.join(_page(w, me, ref).definition.interrupts)}")
        _say(w.ledger.interrupt(me.actor, key=uuid4(), case=ref, name=name, because=because, on=w.today), json)


def due(days: Annotated[int, typer.Option("--days", help="Look this many days ahead.")] = 14, who: Who = None, json: Json = False) -> None:
    """What is overdue, and what falls due soon, in all my schools."""
    with refusals():
        from db.queries.inbox import due_between, overdue

        w = working()
        me = acting(w, who)
        with w.engines.app(me.schools) as session:
            late = overdue(session, w.today)
            soon = due_between(session, w.today, w.today + timedelta(days=days), w.today)
    if json:
        as_json({"overdue": _plain(late), "due": _plain(soon)})
        return
    table(("by", "late", "case", "step", "whose", "school"), (_row(s, True) for s in late), "Overdue", "Nothing is overdue.")
    print()
    table(("by", "late", "case", "step", "whose", "school"), (_row(s, True) for s in soon), f"Due in {days} days", "Nothing falls due.")


def explain(ref: Ref, step: str, party: Party = "", who: Who = None, json: Json = False) -> None:
    """Why a step is due when it is."""
    with refusals():
        w = working()
        found = _page(w, acting(w, who), ref)
        rows = [s for s in (*found.now, *found.later) if s.step == step and (not party or s.party == party)]
        if not rows:
            known = ", ".join(sorted({s.step for s in (*found.now, *found.later)})) or "none"
            fail(f"no open step {step!r} in {ref}; open are: {known}")
    if json:
        as_json(_plain(rows))
        return
    for row in rows:
        print(f"{row.title}: {row.due_on or row.target_on or 'no date'}")
        for sentence in row.why:
            print(f"  {sentence}")


def _page(w: object, me: object, ref: str) -> CasePage:
    from cli.working import Acting, Working
    from db.queries.case_page import case_page

    assert isinstance(w, Working) and isinstance(me, Acting)
    with w.engines.app(me.schools) as session:
        found = case_page(session, ref, w.today)
    if found is None:
        fail(f"there is no case {ref} in your schools")
    return found


def _day(text: str | None, today: date) -> date:
    from datetime import date

    if text is None:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not a date; write it as 2027-03-03")


def _row(step: StepRow, others: bool = False) -> tuple[object, ...]:
    return (step.act_by_on, step.overdue_days or "", step.case, step.title, step.whose if others else step.pupil_name, step.school)


def _plain(steps: list[StepRow]) -> list[dict[str, object]]:
    names = [n for n in steps[0].__dataclass_fields__ if n not in ("why_text", "definition_hash")] if steps else []
    return [{**{n: getattr(s, n) for n in names}, "act_by_on": s.act_by_on, "why": s.why} for s in steps]


def _current(w: object, process: str) -> str:
    from cli.working import Working

    assert isinstance(w, Working)
    texts = w.library.definitions.get(process, ())
    return ", ".join(t.hash[:12] for t in texts) or "none"


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
