"""Pages of the whole trust are for its SEND lead and chief executive."""

from __future__ import annotations

from fastapi import HTTPException, Request

from web.signed_in import require_signed_in


def schools_of_trust_reader(request: Request) -> dict[int, frozenset[str]]:
    """The schools whose figures whoever is signed in reads, with the roles held there. Raises HTTPException 403 where there are none."""
    mine = require_signed_in(request).schools_where("read_trust")
    if not mine:
        raise HTTPException(403, "The trust's figures and the LAs' records are for the trust SEND lead and the chief executive.")
    return mine
