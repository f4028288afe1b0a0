"""Kinds of events that are the ledger's own: they stand in the chain and say who did what when, and no history folds them."""

from __future__ import annotations

from db.acts.erasing import ERASED
from db.acts.versions import CHANGED

REDATED = "redate"  # the school's calendar became another, and dates of open steps moved with it
OWN = frozenset({ERASED, CHANGED, REDATED})
