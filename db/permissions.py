"""The one table of who may do what. Everything that asks "may they?" asks here; row-level security and the ledger's functions hold it again.

Roles are the names in `process_definitions/roles.yaml`. A member of staff holds roles at schools (`memberships`); somebody outside
has a signed link, which is good for one step in one role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rules.complaining import COMPLAIN
from rules.definition import Definition, Role, Step
from rules.history import Event
from rules.owed import held_by
from rules.values import Facts

PlainAct = Literal[
    "read_case",
    "open_case",
    "correct_fact",
    "import_files",
    "answer_leaver",
    "end_role",
    "end_trust_post",
    "complain_to_la",
    "make_link",
    "read_messages",
    "read_trust",
    "change_definition",
    "name_contact",
    "say_away",
    "redate",
    "set_ladder",
    "set_la_profile",
]

STAFF = ("senco", "headteacher", "teacher", "trust_send_lead", "ceo")
LEADERS = ("senco", "headteacher", "trust_send_lead")
# Who stands above whom, where what one has recorded is put right by another. The trust's two are level.
RANK: Mapping[str, int] = {"teacher": 0, "senco": 1, "headteacher": 2, "trust_send_lead": 3, "ceo": 3}
BELOW_NAMING = ("teacher",)  # records what a pupil says, and puts nobody into a place
# Who acts beside the school's leaders where a case is about one of them, also so where it is about all of them (a headteacher who is the SENCO).
FOR_WHO_STANDS_ASIDE = ("trust_send_lead", "ceo")
# Whose staff may not sit in a place of ours: three who had no part in it, one of them independent of the running of the school
# (SI 2014/3283 Schedule paragraph 33(f), (g)), which is the trust's.
NEVER_STAFF_OF: Mapping[str, str] = {"panel_chair": "school", "panel_member": "school", "independent_panel_member": "trust"}
# What needs no definition to decide: an act, and the roles at the case's school that may do it.
PLAIN: Mapping[PlainAct, tuple[str, ...]] = {
    "read_case": STAFF,
    "open_case": LEADERS,
    "correct_fact": LEADERS,
    "import_files": LEADERS,
    "answer_leaver": LEADERS,
    "end_role": ("headteacher", "trust_send_lead", "ceo"),  # of whom a file of staff names no more: as for somebody who is away
    "end_trust_post": ("trust_send_lead", "ceo"),  # a post of the whole trust, or an LA's contact, whom all schools write to
    "complain_to_la": ("headteacher", "trust_send_lead", "ceo"),  # a letter in the school's name; whoever chases does not approve it alone
    "make_link": LEADERS,
    "name_contact": (*LEADERS, "ceo"),  # who stands behind a role of one pupil's cases; which role, `roles_naming` says
    "say_away": ("headteacher", "trust_send_lead", "ceo"),  # for somebody else, who is ill; for themselves everybody may
    "redate": LEADERS,  # a calendar that changed moves dates whoever says so; who may, puts their name to it
    "set_ladder": ("trust_send_lead",),  # who is reminded and told is the trust's to say; db/sql/97_ladders.sql holds it again
    "set_la_profile": ("trust_send_lead",),  # whom all schools of the trust write to at an LA
    "read_messages": LEADERS,
    "read_trust": ("trust_send_lead", "ceo"),
    "change_definition": ("trust_send_lead",),  # which text a running case is judged by is the trust's to say, not one school's
}
# "The school" is a party at a review and nobody's job: who speaks for it (SEND Regulations 2014 reg 20(2): the head).
SPEAKS_FOR: Mapping[str, tuple[str, ...]] = {"school": ("headteacher", "senco")}


def role_title(role: str) -> str:
    """A staff role's name for people, as in `process_definitions/roles.yaml`, without its article."""
    return {"senco": "SENCO", "trust_send_lead": "trust SEND lead", "ceo": "chief executive"}.get(role, role.replace("_", " "))


def roles_for(act: PlainAct) -> tuple[str, ...]:
    """The roles that may do this act at the school it concerns."""
    return PLAIN[act]


def roles_for_event(definition: Definition, event: Event, facts: Facts | None = None) -> tuple[str, ...]:
    """The staff roles that may record this event at the school of a case with these facts, the duty's own role first; empty: only software or a link.
    Without facts: in a case that is about nobody on the staff.

    Raises KeyError for a step, exception or interrupt that the definition has not.
    """
    if event.kind in ("decide", "say"):
        return roles_for_step(definition, event.step, event.party, facts)
    return _with_the_trust(definition, _allowed(definition, event), facts)


def _allowed(definition: Definition, event: Event) -> tuple[str, ...]:
    if event.kind == "open":
        return PLAIN["open_case"]
    if event.kind == "correct":
        return _correctors(definition, event)
    if event.kind == COMPLAIN:
        return PLAIN["complain_to_la"]
    by = definition.exceptions[event.name].by if event.kind == "except" else definition.interrupts[event.name].by
    return _staff(definition, by)


def roles_for_step(definition: Definition, step: str, party: str = "", facts: Facts | None = None) -> tuple[str, ...]:
    """The staff roles that may record the end of this step: who owes it, or, for an outside body, who may record what it did; in a case about one of
    the school's leaders also the trust's."""
    return _with_the_trust(definition, _recorders(definition, step, party), facts)


def _recorders(definition: Definition, step: str, party: str) -> tuple[str, ...]:
    owner = definition.role_of(definition.steps[step], party)
    return () if owner is None else _staff(definition, (owner.name,))


def _with_the_trust(definition: Definition, roles: tuple[str, ...], facts: Facts | None) -> tuple[str, ...]:
    """Whoever holds a role that stands aside does nothing in another either. So what is the SENCO's to record is the trust's too, or nobody could
    where one person is both."""
    if facts is None or "senco" not in roles or not definition.standing_aside(facts):
        return roles
    return tuple(dict.fromkeys((*roles, *FOR_WHO_STANDS_ASIDE)))


def roles_opening(definition: Definition, facts: Facts) -> tuple[str, ...]:
    """The staff roles that may open a case with these facts at the school: none that it is about, and then the chief executive too."""
    aside = definition.standing_aside(facts)
    return tuple(role for role in _with_the_trust(definition, PLAIN["open_case"], facts) if role not in aside)


def _correctors(definition: Definition, event: Event) -> tuple[str, ...]:
    """Who puts right what was recorded: a leader who ranks no lower than whoever records it, so that nobody turns the word of those above them."""
    steps = [(event.step, event.party)] if event.step else [one for fact in event.facts for one in _recording(definition, fact)]
    recorders = [role for step, party in steps if step in definition.steps for role in _recorders(definition, step, party)]
    lowest = min((RANK[role] for role in recorders), default=0)
    also = ("ceo",) if "ceo" in recorders else ()
    return tuple(role for role in (*PLAIN["correct_fact"], *also) if RANK[role] >= lowest)


def _recording(definition: Definition, fact: str) -> list[tuple[str, str]]:
    """The steps that record the fact, with each party they may be for."""
    steps = [step for step in definition.steps.values() if any(fact in names for names in step.brings.values())]
    return [(step.name, party) for step in steps for party in (_parties(definition, step) if step.by == "party" else ("",))]


def link_role_for_step(definition: Definition, step: str, party: str = "") -> str:
    """The role whose holder may be sent a signed link for this step; empty where the step is ours or software's."""
    owner = definition.role_of(definition.steps[step], party)
    return owner.name if owner is not None and owner.reached_by == "link" else ""


def link_role_now(definition: Definition, step: str, party: str, facts: Facts) -> str:
    """The role whose holder answers this step by a link in a case with these facts: the young person's, once the parents' rights have passed."""
    owner = link_role_for_step(definition, step, party)
    return held_by(definition, owner, facts) if owner else ""


def reading_roles(definition: Definition, facts: Facts) -> tuple[str, ...] | None:
    """The roles at the case's school that may read it: those that the definition names and all who have something to record in it, but for whom it
    is about. None: all staff of the school, which is so where the definition names nobody.
    """
    if not definition.readers:
        return None
    steps = [name for step in definition.steps.values() for name in _parties(definition, step)]
    others = [name for one in definition.interrupts.values() for name in one.by]
    others += [name for one in definition.exceptions.values() for name in one.by]
    found = dict.fromkeys((*definition.readers, *(role for role in _staff(definition, (*steps, *others)) if role in STAFF)))
    aside = definition.standing_aside(facts)
    return tuple(role for role in found if role not in aside)


def readers_of(definition: Definition, facts: Facts) -> list[str] | None:
    """`reading_roles` as the database keeps them with the case."""
    readers = reading_roles(definition, facts)
    return None if readers is None else list(readers)


def may_read(definition: Definition, facts: Facts, held: Iterable[str]) -> bool:
    """Whether somebody with these roles at the case's school may read it. Row-level security holds the same of every query."""
    readers = reading_roles(definition, facts)
    return readers is None or not set(readers).isdisjoint(held)


def roles_naming(role: Role) -> tuple[str, ...]:
    """The staff roles that may put a person into this role of a case: who records for it, and the trust's SEND lead. So a panel's seats are the
    trust's to fill, and no school's."""
    return tuple(dict.fromkeys((*(name for name in role.recorded_by if name not in BELOW_NAMING), "trust_send_lead")))


def role_in_which(held: Iterable[str], allowed: Iterable[str], narrowed_to: str = "") -> str | None:
    """The first allowed role that the person holds (and has chosen, if `narrowed_to` names one); None: they may not."""
    mine = set(held)
    return next((role for role in allowed if role in mine and narrowed_to in ("", role)), None)


def in_words(definition: Definition, roles: Iterable[str]) -> str:
    """`the SENCO or the headteacher`: for telling somebody who may."""
    titles = [definition.roles[role].title if role in definition.roles else role.replace("_", " ") for role in roles]
    named = [title if title.startswith("the ") else f"the {title}" for title in titles]
    return " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named) or "nobody"


def _parties(definition: Definition, step: Step) -> tuple[str, ...]:
    """The roles that may owe a step."""
    if step.by != "party":
        return (step.by,) if step.by else ()
    return definition.parties[step.each] if step.each else definition.facts[step.each_of_fact].words


def _staff(definition: Definition, roles: Iterable[str]) -> tuple[str, ...]:
    """Staff roles for these roles: their own, who speaks for them, or, for outside bodies, `recorded_by`. Each once, in order."""
    found: dict[str, None] = {}
    for name in roles:
        role = definition.roles[name]
        found.update(dict.fromkeys(SPEAKS_FOR.get(name, (name,)) if role.reached_by == "inbox" else role.recorded_by))
    return tuple(found)
