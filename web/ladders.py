"""Who is reminded and told, and when: own ladders of the trust, its schools and LAs, and what they change of the shipped ones. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from db.queries.ladders import OwnLadderRow, own_ladders
from rules.definition import Ladder, Role, Rung
from web.console import console_of, page
from web.signed_in import require_signed_in

router = APIRouter()
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class RungShown:
    """A rung in words. `change`: `own` for one that the shipped ladder has not, `left out` for one that only it has, else empty."""

    when: str
    tells: str
    text: str
    severity: str
    change: str


@dataclass(frozen=True, slots=True)
class LadderShown:
    """An own ladder beside the shipped one of its name."""

    row: OwnLadderRow
    rungs: tuple[RungShown, ...]

    @property
    def changes(self) -> int:
        """How many rungs are its own or left out."""
        return sum(bool(one.change) for one in self.rungs)


@router.get("/ladders")
def ladders(request: Request) -> Response:
    """The own ladders that hold at my schools, the trust's and the LAs' among them; and which ladders are as shipped."""
    me, console = require_signed_in(request), console_of(request)
    mine = me.schools_where("read_messages")
    if not mine:
        raise HTTPException(403, "Who is reminded when is shown to the SENCO, the headteacher and the trust SEND lead.")
    with console.engines.app(mine) as session:
        own = own_ladders(session)
    registers = console.library.registers
    shown = [beside_shipped(one, registers.ladders.get(one.ladder), registers.roles) for one in own]
    as_shipped = [name for name in registers.ladders if name not in {one.ladder for one in own}]
    return page(request, "ladders.html", shown=shown, as_shipped=as_shipped)


def beside_shipped(row: OwnLadderRow, shipped: Ladder | None, roles: Mapping[str, Role]) -> LadderShown:
    """The rungs of the own ladder in their order, then those that it leaves out. `shipped` None: no text of today has that ladder any more."""
    own, was = [Rung(*one) for one in row.rungs], shipped.rungs if shipped is not None else ()
    found = [_in_words(one, roles, "" if one in was else "own") for one in own]
    found += [_in_words(one, roles, "left out") for one in was if one not in own]
    return LadderShown(row, tuple(found))


def _in_words(rung: Rung, roles: Mapping[str, Role], change: str) -> RungShown:
    tells = "whoever owes it" if rung.tells == OWNER else roles[rung.tells].title if rung.tells in roles else rung.tells.replace("_", " ")
    return RungShown("on the day" if rung.when == "on" else rung.when, tells, rung.template.replace("_", " "), rung.severity, change)
