"""Commands that read cases: `inbox`, `case`, `due`, `explain`. Each prints tables for people, or JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Json, Party, Ref, Who, page_of
from cli.show import as_json, fail, refusals, table
from cli.working import Working, acting, working

if TYPE_CHECKING:
    from db.queries.messages import MessageRow
    from db.queries.step_rows import StepRow

UNTOLD_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(inbox)
    app.command("case")(show_case)
    app.command()(due)
    app.command()(explain)


def inbox(who: Who = None, json: Json = False) -> None:
    """What is mine to do, and what I wait for from others."""
    with refusals():
        from db.queries.inbox import inbox as read_inbox
        from db.queries.messages import failed_messages
        from tasks.open_reviews import not_running

        w = working()
        me = acting(w, who)
        with w.engines.app(me.roles) as session:
            found = read_inbox(session, me.person_id, w.today)
        with w.engines.app(me.schools_where("read_messages")) as session:
            untold = failed_messages(session, UNTOLD_SHOWN)
            unreviewed = not_running(session, w.library, w.today)

    def for_whom(step: StepRow) -> str:
        return me.stands_in.get(found.holder_of(step) or 0, "")

    if json:
        mine = [{**one, "stands_in_for": for_whom(step)} for one, step in zip(_plain(found.mine), found.mine, strict=True)]
        lists = {"mine": mine, "waiting_for": _plain(found.waiting_for), "untold": [_message(m) for m in untold]}
        as_json({"person": me.name, **lists, "unreviewed": unreviewed})
        return
    table(("by", "late", "case", "step", "who for", "school"), (_row(s, note=for_whom(s)) for s in found.mine), f"{me.name}: to do", "Nothing to do.")
    print()
    table(("by", "late", "case", "step", "whose", "school"), (_row(s, True) for s in found.waiting_for), "Waiting for others", "Waiting for nobody.")
    if unreviewed:
        rows = ((p.review_due_on, p.pupil_name, p.school, p.closed) for p in unreviewed)
        table(("decision due", "pupil", "school", "ended by hand"), rows, "\nNo review is running although its day has come")
    if untold:
        untold_rows = ((m.id, m.case, m.whom, m.about, m.where) for m in untold)
        table(("number", "case", "to", "about", "what to do"), untold_rows, "\nNot told by mail (sendflow letter NUMBER, sendflow told NUMBER)")


def show_case(ref: Ref, who: Who = None, json: Json = False) -> None:
    """Where a case stands, what is next and whose, which text it runs on, and what has happened."""
    with refusals():
        from db.queries.case_family import family_of
        from db.queries.messages import messages_of
        from db.queries.timeline import timeline_of

        w = working()
        me = acting(w, who)
        found = page_of(w, me, ref)
        with w.engines.app(me.roles) as session:
            history, family = timeline_of(session, ref), family_of(session, ref)
        with w.engines.app(me.schools_where("read_messages")) as session:
            messages = messages_of(session, ref)
    if json:
        steps = {"now": _plain(found.now), "later": _plain(found.later), "past": found.past}
        as_json(
            {"head": found.head, **steps, "facts": found.facts, "family": family, "history": history, "messages": [_message(m) for m in messages]}
        )
        return
    head = found.head
    print(f"{head.ref}  {head.title}  ({head.school})")
    print(f"  opened {head.opened_on}; {'ended: ' + head.ended_title if head.ended else 'running'}")
    print(f"  runs on the text {head.process}, version {head.definition_hash[:12]} (now in the folder: {_current(w, head.process)})")
    for one in family:
        print(f"  {one.how}: {one.ref}  {one.title}{f' ({one.step})' if one.step else ''}{f'; ended: {one.ended}' if one.ended else ''}")
        if one.doubt:
            print(f"    LOOK AT IT: {one.doubt}")
    table(
        ("by", "late", "step", "whose", "state", "law"),
        ((s.act_by_on, s.overdue_days or "", s.title, s.whose, s.status, s.citation) for s in (*found.now, *found.later)),
        "\nWhat is next",
    )
    table(("fact", "value"), ((f.title + (f" ({f.party})" if f.party else ""), f.value) for f in found.facts), "\nWhat is known")
    table(
        ("no", "on", "what", "outcome", "by"),
        ((e.seq, e.happened_on, e.what, e.outcome, e.who + (f" for {e.on_behalf_of}" if e.on_behalf_of else "")) for e in history),
        "\nWhat has happened",
    )
    _show_messages("\nMessages", messages)


def due(days: Annotated[int, typer.Option("--days", help="Look this many days ahead.")] = 14, who: Who = None, json: Json = False) -> None:
    """What is overdue, and what falls due soon, in all my schools."""
    with refusals():
        from db.queries.inbox import due_between, overdue

        w = working()
        me = acting(w, who)
        with w.engines.app(me.roles) as session:
            late = overdue(session, w.today)
            soon = due_between(session, w.today, w.today + timedelta(days=days), w.today)
    if json:
        as_json({"overdue": _plain(late), "due": _plain(soon)})
        return
    table(
        ("by", "late", "case", "step", "whose", "school"),
        (_row(s, True) for s in late),
        "Overdue, by law or by our own target",
        "Nothing is overdue.",
    )
    print()
    table(("by", "late", "case", "step", "whose", "school"), (_row(s, True) for s in soon), f"Due in {days} days", "Nothing falls due.")


def explain(ref: Ref, step: str, party: Party = "", who: Who = None, json: Json = False) -> None:
    """Why a step is due when it is."""
    with refusals():
        w = working()
        found = page_of(w, acting(w, who), ref)
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


def _show_messages(title: str, messages: list[MessageRow]) -> None:
    rows = ((m.case, m.whom, m.about, m.moment.replace("_", " "), m.where) for m in messages)
    table(("case", "to", "about", "when it was", "where it is"), rows, title)


def _message(message: MessageRow) -> dict[str, object]:
    return {**{name: getattr(message, name) for name in message.__dataclass_fields__}, "where": message.where}


def _current(w: Working, process: str) -> str:
    texts = w.library.definitions.get(process, ())
    return ", ".join(t.hash[:12] for t in texts) or "none"


def _row(step: StepRow, others: bool = False, note: str = "") -> tuple[object, ...]:
    title = f"{step.title} (for {note})" if note else step.title
    return (step.act_by_on, step.overdue_days or "", step.case, title, step.whose if others else step.pupil_name, step.school)


def _plain(steps: list[StepRow]) -> list[dict[str, object]]:
    names = [n for n in steps[0].__dataclass_fields__ if n not in ("why_text", "definition_hash")] if steps else []
    return [{**{n: getattr(s, n) for n in names}, "act_by_on": s.act_by_on, "why": s.why} for s in steps]
