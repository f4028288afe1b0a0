"""The mark by which a mail that comes back is known as ours: made with our key from its reference, in a header, and checked when it returns."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

HEADER = "X-Sendflow-Proof"


def proof_of(keys: Sequence[str], reference: str) -> str:
    """The mark of a delivery's reference, made with the newest key (`db/signing_key.py`)."""
    return _mark(keys[-1], reference)


def is_proof(keys: Sequence[str], reference: str, proof: str) -> bool:
    """Whether one of our keys made that mark for that reference."""
    return any(hmac.compare_digest(_mark(key, reference), proof.strip()) for key in keys)


def _mark(key: str, reference: str) -> str:
    return hmac.new(key.encode(), b"bounce " + reference.encode(), hashlib.sha256).hexdigest()[:32]
