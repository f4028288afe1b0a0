"""Commands that keep the ledger safe: `backup`, `restore`, `drill`, and `confirm` after a database was brought back or copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.show import BROKEN, fail, refusals

if TYPE_CHECKING:
    from db.may_repeat import MayRepeat

_SHOWN = 50
Backup = Annotated[Path, typer.Argument(help="The file that `sendflow backup` wrote.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`."""
    app.command()(backup)
    app.command()(restore)
    app.command()(drill)
    app.command()(confirm)


def backup(target: Annotated[Path, typer.Argument(help="A folder, or the file to write. On another disk than the database's.")]) -> None:
    """Write the whole ledger as it stands at one moment into one file. Sendflow may go on meanwhile."""
    with refusals():
        from cli.working import working
        from db.backup import take_backup
        from db.heartbeats import beat
        from db.settings import get_settings

        w = working()
        taken = take_backup(w.engines.url, get_settings(), target)
        proof = taken.manifest.proof
        with w.engines.scheduler() as session:
            beat(session, "backup", w.clock.now(), every_seconds=86_400, counted=proof["cases"])
        print(f"{taken.file}: {proof['cases']} cases, {proof['events']} acts, as of {taken.manifest.taken_at}.")
        print("The key that signs links is not in it. Keep SENDFLOW_SIGNING_KEY, or the file signing_key of the data folder, in another safe place.")


def restore(
    file: Backup, replace: Annotated[bool, typer.Option("--replace", help="Throw away the ledger that is in the database now.")] = False
) -> None:
    """Bring a backup back into the database of the settings, prove it, and leave it quiet until `sendflow confirm`."""
    with refusals():
        from cli.backup_work import bring_back

        faults = bring_back(_existing(file), replace, print)
    if faults:
        raise typer.Exit(BROKEN)


def drill(
    file: Backup,
    into: Annotated[str | None, typer.Option("--into", help="URL of an empty database; else one is made on the ledger's server and dropped.")] = None,
) -> None:
    """Prove a backup by restoring it beside the ledger: all counts, positions and heads. Sends nothing, changes nothing of the ledger."""
    with refusals():
        from cli.backup_work import try_out
        from cli.working import working
        from db.heartbeats import beat

        w = working()
        faults = try_out(w, _existing(file), into, print)
        if not faults:
            with w.engines.scheduler() as session:
                beat(session, "drill", w.clock.now(), every_seconds=35 * 86_400)
    if faults:
        raise typer.Exit(BROKEN)


def confirm(yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the list has been read.")] = False) -> None:
    """Say that this database is the one to work with from now on, on this machine. Shows first what may be sent a second time."""
    with refusals():
        from cli.working import working
        from db.installation import Installation
        from db.may_repeat import mark_may_be_twice, may_repeat
        from db.outbox import spread
        from db.settings import get_settings

        w = working()
        installation = Installation(get_settings())
        with w.engines.scheduler() as session:
            before = installation.standing(session)
            listed = may_repeat(session, before.taken_at)
        print(before.words)
        if not before.quiet:
            return
        forgetful = before.state != "leapt"  # after a leap of the clock the ledger still knows what was sent
        if forgetful:
            _show(listed)
        if not yes and not typer.confirm("Shall this installation work with this database from now on, and send what is owed?"):
            fail("not confirmed; it stays quiet")
        with w.engines.scheduler() as session:
            while spread(session, w.clock.now()).rows:
                pass
            if forgetful and listed.moment is not None:
                mark_may_be_twice(session, listed.moment)
            installation.confirm(session, w.clock.now())
        print("Confirmed. A worker that runs goes on within seconds. A `sendflow up` that was started while it was quiet has none: start it again.")


def _show(listed: MayRepeat) -> None:
    from cli.show import table

    messages = [(m.reference, m.case, m.template, m.to_role, m.state) for m in listed.messages]
    table(
        ("Reference", "Case", "Message", "To", "Then"), messages[:_SHOWN], title=f"{len(messages)} messages were waiting and may have been sent since"
    )
    if listed.unspread:
        print(f"Acts whose messages were not made yet: {', '.join(f'{case} act {seq}' for case, seq in listed.unspread[:_SHOWN])}")
    cases = [(c.case, c.acts, f"{c.last_at:%d %B %Y %H:%M} UTC") for c in listed.cases]
    table(("Case", "Acts", "Last act"), cases[:_SHOWN], title=f"{len(cases)} cases had acts in the last day before; acts recorded since are missing")
    for what, rows in (("messages", messages), ("cases", cases)):
        if len(rows) > _SHOWN:
            print(f"… and {len(rows) - _SHOWN} more {what}.")


def _existing(file: Path) -> Path:
    if not file.is_file():
        fail(f"there is no file {file}")
    return file
