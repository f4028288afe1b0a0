"""Which cases may be opened for a pupil who has left: what a family may still bring when the school has the child no more."""

from __future__ import annotations

OUTLAST_LEAVING = frozenset({"complaint", "discrimination_claim", "mediation", "tribunal_appeal"})
"""Their time runs from what was done or decided and no leaving ends it: six months from the conduct for a claim (Equality Act 2010 Sch 17 para 4(1)),
two months from the notice of the decision for an appeal (First-tier Tribunal HESC Rules 2008 r.20)."""


def may_be_opened_for_leavers(process: str) -> bool:
    """Whether a case of the process may be opened for a pupil who has left the school."""
    return process in OUTLAST_LEAVING
