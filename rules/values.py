"""Typed values of facts, the only data that a case's history carries besides steps and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

Value: TypeAlias = str | int | bool | date | tuple[str, ...]
Facts: TypeAlias = Mapping[str, Value]
