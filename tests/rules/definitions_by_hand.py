"""Small definitions that between them use every key of the language, for the engine's own tests. No law is told here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rules.definition import Definition
from rules.loader import load_library, parse_definition

EXAMPLE = Path(__file__).parent / "example"
FAMILY = Path(__file__).parent / "family"

ASSESSMENT = """
process: assessment
prefix: AS
title: An assessment, for tests
about: pupil
opens_with:
  asked_on: date
  age: whole number
  urgent: yes or no
  rights_held_by: [parent, young_person]
begins_with: [choose_experts, cool_down]
when_changed:
  age: {reopens: invite_pupil, until: decide}
  urgent: {reopens: weigh, until: decide}
parties:
  givers: [parent, school, health]
facts:
  experts: {is: list, of: [health, social_care, la, school], grows: yes}
  asked_expert_on: {is: date}
  advice_on: {is: date}
  hearing_on: {is: planned date, no_sooner: 1 week after asked_on, no_later: 8 weeks after asked_on, when_changed: {reopens: send_papers,
    until: hold_hearing}}
  result: {is: [grant, refuse]}
  papers_sent_on: {is: date}
steps:
  choose_experts: {title: Choose the experts, by: senco, after: opening, target: 1 week after asked_on, policy: 14, records: [experts]}
  cool_down: {title: The parents' time to think, wait: 10 days after asked_on, after: opening, policy: 14}
  ask_expert: {title: "Ask {party}", by: senco, each: {of: experts}, after: choose_experts, until: decide, target: 2 days after it opens,
    policy: 14,
    records: [asked_expert_on]}
  give_advice: {title: "Advice of {party}", by: party, each: {of: experts}, after: ask_expert, until: decide,
    may_come_early: {after: choose_experts},
    due: 6 weeks after asked_expert_on, law: reg 20(4), ladder: advice, records: [advice_on],
    outcomes: {given: {tells: senco}, sent_blank: {tells: [senco, party], reopens: ask_expert}}}
  check_advice: {title: "Read the advice of {party}", kind: approval, not_by: ask_expert, by: headteacher, each: {of: experts},
    after: {give_advice: given}, until: decide,
    target: 3 school days after it opens, again: 1 day after it opens, policy: 14, outcomes: {fine: {tells: nobody}, thin: {tells: party,
    reopens: give_advice}}}
  hear_side: {title: "Hear {party}", by: party, each: givers, after: opening, until: hold_hearing, may_come_early: true,
    target: 3 weeks after asked_on,
    policy: 14, answers: [spoke, silent], lapses_as: silent, due: 4 weeks beginning with asked_on, law: reg 20(4), ladder: advice}
  invite_pupil: {title: Invite the pupil, does: invite_pupil, after: choose_experts, until: decide, only_if: {age: 12 or above}, policy: 14}
  weigh: {title: Weigh the urgency, by: senco, after: choose_experts, only_if: {urgent: yes}, until: decide, policy: 14,
    outcomes: {hurry: {tells: nobody}, calm: {tells: nobody}}}
  fix_hearing: {title: Fix the hearing, by: senco, after: {any: [{some: {check_advice: fine}}, {weigh: hurry}]}, until: decide, policy: 14,
    records: [hearing_on]}
  send_papers: {title: Send the papers, does: send_papers, after: fix_hearing, until: hold_hearing, due: 5 clear days before hearing_on,
    law: reg 20(3),
    ladder: school_duty, records: [papers_sent_on], tells: {opened: senco, done: [givers, experts]}}
  hold_hearing: {title: Hold the hearing, by: la, after: [fix_hearing, {settled: [send_papers, hear_side, cool_down]}],
    may_come_early: {after: fix_hearing},
    not_before: on hearing_on, due: [{if: {urgent: yes}, by: 1 week after hearing_on}, {if: {weigh: calm}, by: 3 weeks after hearing_on},
    {by: 2 weeks after hearing_on}],
    law: reg 20(9), ladder: la_duty}
  ask_again: {title: Ask the LA again, by: senco, may: true, after: hold_hearing, until: decide, target: 1 week after hold_hearing, policy: 14}
  decide: {title: The LA decides, by: la, after: [hold_hearing, {settled: check_advice}], may_come_early: {after: choose_experts},
    due: 6 weeks after hearing_on,
    law: reg 20(10), ladder: la_duty, outcomes: {grant: {tells: [parent, givers], gives: appeal, records: [result], opens: {review: {why: result,
    kind: first}}},
    refuse: {tells: parent, gives: appeal}, adjourn: {tells: senco, reopens: fix_hearing}}}
  tell_staff: {title: Tell the staff, by: senco, after: {decide: grant}, target: 2 days after due of decide, policy: 14}
ends:
  granted: {after: tell_staff, tells: [parent, experts]}
  refused: {after: {decide: refuse}, tells: nobody}
interrupts:
  withdrawn: {by: [senco], tells: [la, givers]}
exceptions:
  absence: {lifts: {give_advice: reg 20(4), decide: reg 20(10)}, by: [la, senco], review: 2 weeks, title: away for four weeks}
totals:
  - {from: asked_on, to: decide, within: 20 weeks, law: reg 20(10)}
"""

LOOP = """
process: loop
prefix: LO
title: Drafts that go round, for tests
about: pupil
opens_with: {begun_on: date, kind: [short, long]}
begins_with: [plan, draft]
when_changed: {kind: {reopens: plan, until: publish}}
facts:
  drafted_on: {is: date}
  pages: {is: whole number}
steps:
  plan: {title: Plan, by: senco, after: opening, until: publish, only_if: {kind: long}, policy: 14, answers: [wide, narrow]}
  draft: {title: Draft, by: senco, after: opening, until: publish, target: 1 week after begun_on, again: 2 days after it opens, policy: 14,
    records: [drafted_on, pages]}
  review: {title: Review, kind: approval, not_by: draft, by: headteacher, after: [draft, plan], may_come_early: {after: draft},
    target: 1 day after draft, policy: 14,
    outcomes: {good: {tells: senco}, bad: {tells: [senco, parent], reopens: draft}, hopeless: {tells: nobody}}}
  polish: {title: Polish, by: senco, after: {review: good}, only_if: {pages: 3 or above}, may_come_early: {after: draft}, policy: 14,
    target: 2 days after it opens}
  publish: {title: Publish, by: senco, after: [{review: good}, polish], policy: 14, target: 1 week after review, outcomes: {out: {tells: parent},
    back: {tells: senco, reopens: polish}}}
  archive: {title: Archive, by: senco, after: {any: [{publish: out}, {polish: [does_not_apply, not_needed]}]}, policy: 14,
    target: 5 days after it opens}
ends:
  archived: {after: [{settled: publish}, archive]}
  dropped: {after: {review: hopeless}}
interrupts: {stopped: {by: [senco], tells: nobody}}
"""

# Where conditions are at their trickiest: ∅ inside any and under an end, `until` undone by a correction, dates of dates, decided once.
PUZZLE = """
process: puzzle
prefix: PU
title: Conditions at their trickiest, for tests
about: pupil
opens_with: {begun_on: date, colour: [red, green], size: whole number}
begins_with: [first, look, ask]
when_changed:
  colour: {reopens: paint, until: look}
  size: {reopens: measure, until: {any: [{look: sharp}, all_in]}}
parties: {group: [parent, school, health]}
facts:
  met_on: {is: planned date, no_sooner: 1 day after begun_on, no_later: 30 weeks after begun_on}
  signed_on: {is: date}
steps:
  first: {title: First, by: senco, after: opening, policy: 14, target: 1 day after it opens, records: [met_on], outcomes: {left: {tells: senco},
    right: {tells: senco}}}
  look: {title: Look, by: senco, after: opening, until: fourth, policy: 14, answers: [sharp, blunt]}
  paint: {title: Paint, by: senco, after: first, only_if: {colour: red}, policy: 14, target: 1 week after met_on}
  measure: {title: Measure, by: senco, after: first, only_if: {any: [{size: 9 or above}, {colour: [green]}]}, until: {fourth: up}, policy: 14}
  ask: {title: "Ask {party}", by: senco, each: group, after: opening, until: {all: [{look: blunt}, {settled: paint}]}, policy: 14,
    answers: [yes_they_say, no_they_say]}
  hear: {title: "Hear {party}", by: party, each: group, after: {ask: yes_they_say}, until: {any: [{some: ask_again}, {fourth: down}]},
    may_come_early: true, policy: 14,
    only_if: {size: 8 or above}, records: [signed_on]}
  ask_again: {title: "Ask {party} again", by: senco, each: group, after: {any: [hear, {ask: no_they_say}]}, until: {fourth: up}, policy: 14,
    target: 2 days after signed_on}
  either: {title: Either, by: senco, after: {any: [{all: [measure, {first: left}]}, {some: hear}]}, until: {first: right}, policy: 14,
    target: 1 week before due of fourth}
  all_in: {title: All in, by: senco, after: [{any: [paint, measure]}, {settled: either}], may_come_early: {after: first}, policy: 14,
    target: earlier of 2 days after due of fourth and 3 weeks after either if any}
  fourth: {title: Fourth, by: la, after: [{first: [left, right]}, {any: [{settled: all_in}, {either: not_needed}]}], may_come_early: {after: first},
    due: [{if: {colour: red}, by: 2 weeks after met_on}, {if: {look: sharp}, by: 3 weeks after met_on}, {by: 4 weeks after it opens}],
    law: reg 20(10), ladder: la_duty, outcomes: {up: {tells: parent}, down: {tells: [senco, group], reopens: ask}, round: {tells: nobody,
    reopens: first}}}
  last: {title: Last, by: senco, after: {any: [{fourth: up}, {measure: [does_not_apply, not_needed]}]}, policy: 14,
    target: 5 days after due of fourth}
ends:
  painted: {after: [paint, {fourth: up}, last]}
  measured: {after: [{measure: done}, last]}
  over: {after: {any: [{all: [paint, measure, last]}, {all: [{settled: paint}, last]}]}}
interrupts: {stopped: {by: [senco], tells: nobody}}
"""
TEXTS = {"assessment": ASSESSMENT, "loop": LOOP, "puzzle": PUZZLE}


@cache
def by_hand(name: str) -> Definition:
    """`annual_review` as in the design notes, or one of TEXTS; `shipped annual_review` is the one of `process_definitions/`,
    `family transfer` one of the family that open each other's cases."""
    if name.startswith("shipped "):
        return load_library().definitions[name.removeprefix("shipped ")][0]
    if name.startswith("family "):
        return load_library(FAMILY).definitions[name.removeprefix("family ")][0]
    library = load_library(EXAMPLE)
    if name == "annual_review":
        return library.definitions[name][0]
    return parse_definition(TEXTS[name], f"{name}.yaml", library.registers)
