"""Erasing the personal words of a case (UK GDPR art 17) while its record stays provable."""

from __future__ import annotations

from db.acts.actor import Actor
from db.acts.errors import NotAllowed
from db.acts.parts import Parts
from db.acts.standing import read_standing, scope
from db.permissions import in_words, role_in_which, roles_for
from db.roles import APP, SCHEDULER


def erase_private(parts: Parts, actor: Actor, ref: str) -> int:
    """Delete the salts and words of every event of the case; the commitments in the chain stay, and say nothing without their salts."""
    with parts.engines.act_connection(SCHEDULER if actor.is_software else APP) as connection:
        standing = read_standing(parts, connection, actor, ref, lock=False)
        allowed = roles_for("correct_fact")
        if not actor.is_software and role_in_which(standing.held, allowed, actor.role) is None:
            raise NotAllowed(f"Erasing is for {in_words(standing.definition, allowed)} at this school. Ask them to do it.")
        row = connection.execute("SELECT erase_private(%s, %s)", (scope(actor), standing.case_id)).fetchone()
    assert row is not None
    return int(row[0])
