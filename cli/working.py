"""The parts a command works with: settings, database, clock, definitions, ledger; and who acts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import typer

from cli.show import fail

if TYPE_CHECKING:
    from db.clock import Clock
    from db.engine import Engines
    from db.ledger import Actor, Ledger
    from db.permissions import PlainAct
    from rules.library import Library

AS_PERSON = typer.Option("--as", envvar="SENDFLOW_AS", help="Who acts: an e-mail address of a member of staff. In the demo: a SENCO by default.")
_as_of: date | None = None
_opened: list[Engines] = []


class NobodyKnown(LookupError):
    """Nobody acts by that address; the message says what to give."""


@dataclass(frozen=True)
class Working:
    """Everything that a command of the ledger needs."""

    engines: Engines
    clock: Clock
    library: Library
    ledger: Ledger

    @property
    def today(self) -> date:
        """Today in London, or the day given with --as-of."""
        return self.clock.today()


@dataclass(frozen=True)
class Acting:
    """The member of staff who acts. `roles`: what they are at each of their schools or stand in for, the scope of all they see.

    `stands_in`: for whom, names by id.
    """

    person_id: int
    name: str
    roles: dict[int, frozenset[str]]
    stands_in: dict[int, str] = field(default_factory=dict)

    @property
    def schools(self) -> frozenset[int]:
        """Their schools."""
        return frozenset(self.roles)

    def schools_where(self, act: PlainAct) -> dict[int, frozenset[str]]:
        """Those of their schools where their role allows `act` (`db/permissions.py`), with the roles held there."""
        from db.permissions import role_in_which, roles_for

        return {school: held for school, held in self.roles.items() if role_in_which(held, roles_for(act)) is not None}

    @property
    def actor(self) -> Actor:
        """This person as the ledger knows them."""
        from db.ledger import Actor

        return Actor(self.person_id, self.schools, "cli")


def move_time(text: str | None) -> None:
    """Let this command see another day (`--as-of`). Used by `working()`, which refuses it outside a demo."""
    global _as_of
    if text is None:
        return
    try:
        _as_of = date.fromisoformat(text)
    except ValueError:
        fail(f"--as-of {text!r} is not a date; write it as 2027-03-03")


def working() -> Working:
    """The parts, on the database of the settings (the embedded one is started if none is given). Raises what those raise."""
    from db.clock import Clock
    from db.embedded import database_url
    from db.engine import Engines
    from db.ledger import Ledger
    from db.migrate import migrate_own
    from db.settings import get_settings
    from rules.loader import load_library

    use_demo_folder()
    settings = get_settings()
    url = database_url(settings)
    migrate_own(url, settings)
    engines = Engines(url, settings.pool_size)
    _opened.append(engines)
    if _as_of is not None and not is_demo(engines):
        fail("--as-of moves time, and time may be moved in a demo alone; this installation is not one")
    fixed = datetime.combine(_as_of, time(12), UTC) if _as_of else None
    clock = Clock(settings.clock_file, fixed)
    library = load_library()
    return Working(engines, clock, library, Ledger(engines, clock, library))


def close_all() -> None:
    """Close the connections that `working()` opened; the end of each command does it."""
    while _opened:
        _opened.pop().dispose()


def use_demo_folder() -> None:
    """When a demo was made in the data folder and nothing else is said, the commands beside it mean the demo: its clock file and its mail."""
    from pathlib import Path

    folder = Path(os.environ.get("SENDFLOW_DATA_FOLDER", ".sendflow"))
    if (folder / "demo").exists() and "DATABASE_URL" not in os.environ and "SENDFLOW_DATABASE_URL" not in os.environ:
        os.environ.setdefault("SENDFLOW_DEMO", "true")
        os.environ.setdefault("SENDFLOW_CLOCK_FILE", str(folder / "clock"))


def is_demo(engines: Engines) -> bool:
    """Whether this database was made as a demo's."""
    from sqlalchemy import select

    from db.models import InstanceIdentity

    with engines.scheduler() as session:
        return bool(session.scalar(select(InstanceIdentity.demo)))


def acting(working: Working, who: str | None) -> Acting:
    """The member of staff with that e-mail address; in a demo without one, the first SENCO. Raises NobodyKnown."""
    from sqlalchemy import or_, select

    from db.models import Membership, Person
    from db.queries.acting import roles_by_school, roles_today

    held = select(Person.id, Person.given_name, Person.family_name, Person.email, Membership.role).join(Membership, Membership.person_id == Person.id)
    held = held.where(or_(Membership.until_on.is_(None), Membership.until_on >= working.today)).order_by(Person.id)
    with working.engines.scheduler() as session:
        rows = session.execute(held).all()
    if who:
        mine = [r for r in rows if r.email.casefold() == who.casefold()]
    elif is_demo(working.engines):
        first = next((r.id for r in rows if r.role == "senco"), None)
        mine = [r for r in rows if r.id == first]
    else:
        raise NobodyKnown("say who acts: --as with the e-mail address of a member of staff")
    if not mine:
        raise NobodyKnown(f"nobody on the staff has the address {who}" if who else "the trust has no SENCO; import staff.csv first")
    with working.engines.scheduler() as session:
        found = roles_today(session, mine[0].id, working.today)
    lent = {r.holder_id: r.holder for r in found if r.holder_id is not None}
    return Acting(mine[0].id, f"{mine[0].given_name} {mine[0].family_name}", roles_by_school(found), lent)
