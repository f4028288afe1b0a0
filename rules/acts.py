"""What each kind of event does to the record, after every check that may refuse it. Dates and messages follow in `position.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from rules.calendar import SchoolCalendar
from rules.complaining import COMPLAIN, complain
from rules.corrections import correct
from rules.dating import Dating
from rules.definition import Definition, Step
from rules.facts_brought import Brought, check_names, take_in, what_it_records
from rules.history import Event
from rules.instances import check_doer, check_silence, find_instance
from rules.record import Draft, Entry, Record, first_record, list_of
from rules.refusals import one_of, refuse, refuse_decided, refuse_ended, refuse_not_open, refuse_unknown, refuse_waiting, step_title
from rules.saying import say
from rules.settling import end_case, settle
from rules.statuses import Derived, derive, waits_for
from rules.truth import T, truth

A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Engine:
    """How statuses are derived and a draft is brought to rest: readably here, by generated code in `compiled.py`. The checks are the same."""

    derive: Callable[[Draft], Derived]
    settle: Callable[[Draft, date], None]
    dating: Callable[[Draft, Derived, SchoolCalendar], Dating]


READABLE = Engine(derive, settle, Dating)


@dataclass
class Acted:
    """The draft after an event, and what must be said about the event itself (a sentence for each breach)."""

    draft: Draft
    breaches: list[str] = field(default_factory=list)


def open_case(definition: Definition, event: Event, calendar: SchoolCalendar, engine: Engine = READABLE) -> Acted:
    """The first event of a case. Raises Refused."""
    if event.kind != "open":
        refuse("not_an_opening", "A case begins with its opening. Open it first.")
    check_names(definition, event.facts, definition.opens_with, (), f"Opening “{definition.title}”", {})
    draft = Draft(definition, first_record(definition, {}, event.on))
    take_in(draft, Brought(event.facts, event.on), Dating(draft, Derived(draft), calendar))
    engine.settle(draft, event.on)
    return Acted(draft)


def act(definition: Definition, record: Record, event: Event, calendar: SchoolCalendar, engine: Engine = READABLE) -> Acted:
    """Any later event. Raises Refused; the record given is never changed."""
    acted = Acted(Draft(definition, record))
    if event.kind == "open":
        refuse("already_open", "This case is open already. Record what has happened in it, or open another.")
    if acted.draft.ended:
        refuse_ended(acted.draft)
    if event.on < record.opened_on - A_YEAR:
        refuse("bad_day", f"{event.on} is more than a year before the case opened ({record.opened_on}). Check the year.")
    if event.kind == "interrupt":
        _interrupt(acted.draft, event)
        return acted
    dating = engine.dating(acted.draft, engine.derive(acted.draft), calendar)
    if event.kind == "decide":
        _decide(acted, event, dating)
    elif event.kind == "correct":
        correct(acted.draft, event, dating)
    elif event.kind == "say":
        say(acted.draft, event, dating.derived)
    elif event.kind == COMPLAIN:
        complain(acted.draft, event, dating.derived)
    else:
        _except(acted.draft, event, dating)
    engine.settle(acted.draft, event.on)
    return acted


def _decide(acted: Acted, event: Event, dating: Dating) -> None:
    draft = acted.draft
    step, entry = find_instance(draft, event)
    _check_turn(draft, step, entry, dating.derived)
    if event.outcome not in step.words:
        refuse_unknown("unknown_outcome", f"outcome of “{step.title}” called", event.outcome, step.words)
    _check_calendar(draft, step, entry, event, dating)
    check_doer(draft, step, event)
    check_silence(draft, step, entry, event, dating)
    acted.breaches += _check_earliest(draft, step, entry, event, dating)
    must = what_it_records(step, event.outcome)
    if must or event.facts:
        check_names(draft.definition, event.facts, must, (), f"“{step_title(draft.definition, step.name, event.party)}”", {})
        dating.deciding = (step.name, event.party, event.on)
        take_in(draft, Brought(event.facts, event.on, step, event.party if list_of(step) else ""), dating)
    draft.put(entry.arriving(event.outcome, event.on, event.actor))


def _check_turn(draft: Draft, step: Step, entry: Entry, derived: Derived) -> None:
    """Open, or waiting with what `may_come_early` asks for; else the reason why not."""
    status = derived.standing(*entry.key)[0]
    if status == "done" or entry.early:
        refuse_decided(draft, entry)
    if status not in ("open", "waiting"):
        refuse_not_open(draft, entry, status)
    if status == "open" or step.may_come_early is True:
        return
    early = step.may_come_early
    if isinstance(early, bool) or truth(early, list_of(step), entry.party, derived) != T:
        refuse_waiting(draft, step, entry.party, waits_for(draft.definition, derived, step, entry.party))


def _check_calendar(draft: Draft, step: Step, entry: Entry, event: Event, dating: Dating) -> None:
    """A `wait` step is the calendar's alone; what a step lapses as the calendar records on the day after its date at the earliest."""
    if step.wait and event.actor is not None:
        refuse("calendar_step", f"“{step.title}” is recorded by the calendar when its day comes. Nobody records it.")
    if step.case and event.actor is not None:
        refuse("calendar_step", f"“{step.title}” is recorded when the case that it waits for ends. Nobody records it; end that case.")
    if not step.wait and not (event.actor is None and step.lapses_as and event.outcome == step.lapses_as):
        return
    wakes_on = dating.dates(entry, ()).wakes_on
    if wakes_on is None or event.on < wakes_on:
        when = f"on {wakes_on}" if wakes_on is not None else "once its date is known and nothing lifts it"
        refuse("not_before", f"The calendar records “{step_title(draft.definition, step.name, event.party)}” {when}, not on {event.on}.")


def _check_earliest(draft: Draft, step: Step, entry: Entry, event: Event, dating: Dating) -> list[str]:
    """Our own step before its earliest lawful day is refused; an outsider's has happened and is recorded as a breach."""
    earliest = dating.not_before(entry)
    if earliest is None or event.on >= earliest:
        return []
    title, role = step_title(draft.definition, step.name, event.party), draft.definition.role_of(step, event.party)
    rule = f"{step.not_before}{f', {step.law}' if step.law else ''}"
    if role is None or role.ours:
        refuse("not_before", f"“{title}” may not be done before {earliest} ({rule}). {event.on} is too soon.")
    return [f"“{title}” was done on {event.on}, before the earliest lawful day {earliest} ({rule})."]


def _except(draft: Draft, event: Event, dating: Dating) -> None:
    exception = draft.definition.exceptions.get(event.name)
    if exception is None:
        refuse("not_lawful_exception", f"No exception is called “{event.name}” here. The law allows {one_of(draft.definition.exceptions)}.")
    step, entry = find_instance(draft, event)
    title = step_title(draft.definition, step.name, event.party)
    if step.name not in exception.lifts:
        lifted = one_of(f"“{draft.definition.steps[name].title}”" for name in exception.lifts)
        refuse("not_lawful_exception", f"The exception “{exception.title or exception.name}” does not lift the date of “{title}”. It lifts {lifted}.")
    status = dating.derived.standing(*entry.key)[0]
    if status == "done":
        refuse_decided(draft, entry)
    if status not in ("open", "waiting"):
        refuse_not_open(draft, entry, status)
    if entry.lifted:
        refuse("already_lifted", f"The date of “{title}” is lifted already, until it is looked at again on {entry.lifted_review_on}.")
    if dating.dates(entry, dating.totals()).due is None:
        refuse("no_date_to_lift", f"“{title}” has no date yet that could be lifted.")
    draft.write(entry.key, lifted=exception.name, lifted_review_on=_review_day(event, exception.review, dating))


def _review_day(event: Event, review: str, dating: Dating) -> date:
    """The day given, else the register's period after the event. An exception never stands without one."""
    if event.review_on is not None:
        if event.review_on < event.on:
            refuse("missing_review", f"The review on {event.review_on} lies before the exception itself, {event.on}. Give a later day.")
        return event.review_on
    if not review:
        refuse("missing_review", "Say on which day the exception will be looked at again.")
    return dating.after(review, event.on)


def _interrupt(draft: Draft, event: Event) -> None:
    interrupt = draft.definition.interrupts.get(event.name)
    if interrupt is None:
        refuse_unknown("unknown_name", "way to interrupt this case called", event.name, draft.definition.interrupts)
    end_case(draft, interrupt.name, event.on)
