"""Commands that run Sendflow: `demo`, `up`, `clock`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.show import fail, refusals


def add_to(app: typer.Typer) -> None:
    """Put these commands into `app`, and the option that moves time for one command."""
    app.callback()(everywhere)
    app.command()(demo)
    app.command()(up)
    app.command()(clock)


def everywhere(as_of: Annotated[str | None, typer.Option("--as-of", help="Act and read as on this day (demo only), as 2027-03-03.")] = None) -> None:
    """Runs the statutory SEND work of multi-academy trusts: every case, date and duty, on Prefect and PostgreSQL."""
    from cli.working import move_time

    move_time(as_of)


def demo(
    port: Annotated[int, typer.Option("--port", help="The console's port; 0 takes a free one.")] = 8000,
    once: Annotated[bool, typer.Option("--once", help="Stop as soon as everything is up and shown.")] = False,
    pupils: Annotated[int, typer.Option("--pupils", min=300, help="How many pupils the sample trust has, at its first start.")] = 3000,
) -> None:
    """Start everything on the sample trust: database, Prefect, worker, console. Stays up until Ctrl-C; a second start finds its data again."""
    with refusals():
        from cli.demo import run_demo

        run_demo(port, stay=not once, pupils=pupils)


def up(port: Annotated[int, typer.Option("--port", help="The console's port; 0 takes a free one.")] = 8000) -> None:
    """Start the Prefect server, the worker and the console on your own database (DATABASE_URL) and mail server (SENDFLOW_MAIL_URL)."""
    with refusals():
        from cli.up import run_up

        run_up(port)


def clock(day: Annotated[str, typer.Argument(help="A day, as 2027-03-03; `now` for the real time")]) -> None:
    """Move a running demo to another day. Refused for anything but a demo."""
    with refusals():
        from datetime import date

        from cli.working import is_demo, working

        w = working()
        if not is_demo(w.engines):
            fail("time can be moved in a demo alone; this installation is not one")
        from cli.morning import morning_sweeps
        from db.heartbeats import move_beats
        from db.settings import get_settings

        file, before = get_settings().folder / "clock", w.clock.now()
        if day == "now":
            file.unlink(missing_ok=True)
        else:
            try:
                date.fromisoformat(day)
            except ValueError:
                fail(f"{day!r} is not a date; write it as 2027-03-03")
            file.write_text(day, encoding="utf-8")
        with w.engines.scheduler() as session:
            move_beats(session, w.clock.now() - before)
        opened, chased = morning_sweeps(w)
        print(f"The demo is at {w.today}. Its morning sweeps opened {opened} reviews, and came to {chased} acts of the calendar and reminders.")
