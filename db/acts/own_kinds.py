"""Kinds of events that are the ledger's own: they stand in the chain and say who did what when, and no history folds them."""

from __future__ import annotations

from db.acts.versions import CHANGED

ERASED = "erase"  # the personal words of a case are gone, and nothing happens to its position
REDATED = "redate"  # the school's calendar became another, and dates of open steps moved with it
OWN = frozenset({ERASED, CHANGED, REDATED})
