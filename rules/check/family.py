"""Which roles are the family: they hold rights, owe nothing, and must hear of their windows."""

from __future__ import annotations

from rules.definition import Definition, Role, Step


def rights_holders(definition: Definition) -> frozenset[str]:
    """Roles that hold the family's rights: those that pass them on, and those they pass to."""
    passing = [role for role in definition.roles.values() if role.passes_to]
    return frozenset(role.name for role in passing) | frozenset(role.passes_to for role in passing) | ({"parent"} & definition.roles.keys())


def owes_nothing(definition: Definition, role: str) -> bool:
    """Whether a role only has rights: parents, the young person, the pupil."""
    return role in rights_holders(definition) or role == "pupil"


def is_outside(definition: Definition, step: Step) -> bool:
    """Whether somebody outside the trust does the step (`by: party` counts if any of its parties is outside)."""
    return any(not role.ours for role in actors(definition, step))


def actors(definition: Definition, step: Step) -> tuple[Role, ...]:
    """The roles that may owe a step: its own, or those of its parties. Empty for software, calendar and case steps."""
    if step.by != "party":
        return (definition.roles[step.by],) if step.by in definition.roles else ()
    names = definition.parties.get(step.each, ()) if step.each else definition.facts[step.each_of_fact].words
    return tuple(definition.roles[name] for name in names if name in definition.roles)
