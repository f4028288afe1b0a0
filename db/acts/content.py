"""The canonical bytes of an event, and the commitments that stand in it for personal words."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal word kept apart: the salt and value go to `private_texts`, only the commitment into the chain."""

    name: str
    salt: bytes
    value: str

    @property
    def commitment(self) -> str:
        """SHA-256 of salt and value, in hex. Without the salt nobody can guess the value from it."""
        return commitment(self.salt, self.value)


def commitment(salt: bytes, value: str) -> str:
    """SHA-256 of `salt` followed by `value` in UTF-8, in hex."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def seal(private: Mapping[str, str]) -> tuple[Sealed, ...]:
    """Give each personal word a fresh random salt. Empty words are left out."""
    return tuple(Sealed(name, secrets.token_bytes(SALT_BYTES), value) for name, value in sorted(private.items()) if value)


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one spelling of `content`: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()
