"""`sendflow demo`: the sample trust on the embedded database, Prefect, worker, console and a mail server of its own. One command shows it."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from cli.morning import morning_sweeps
from cli.show import table
from cli.up import Running, UpRefused, asked_to_stop, chosen_port, only_one, prefect_page, start_ledger, start_people, start_prefect, watch
from db.clock import Clock
from db.queries.inbox import inbox, overdue
from db.settings import Settings
from notifications.sink import MailSink
from tasks.parts import Parts, make_parts

SHOWN = 12


def run_demo(port: int, *, stay: bool, pupils: int) -> None:
    """Start the demo, show the first SENCO's inbox and what is overdue, and stay up until Ctrl-C. Raises UpRefused."""
    settings = demo_settings()
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.folder))
        here = Running(settings, print, chosen_port(port))
        here.say("Sendflow demo. Every person in it is made up.\n")
        clock = Clock(settings.clock_file)
        sink = stack.enter_context(MailSink(settings.folder / "mail", clock.now))
        settings.mail_url = sink.url
        stack.callback(here.stop)
        url = start_ledger(here)
        (settings.folder / "demo").touch()
        trust = threading.Thread(target=start_prefect, args=(here,), daemon=True)
        trust.start()  # Prefect's own start takes longest; the trust's data goes in meanwhile
        parts = make_parts(settings, url)
        _fill(here, parts, pupils)
        trust.join()
        if here.connection is None:
            raise UpRefused(f"the Prefect server did not start; see {settings.folder / 'prefect'}")
        start_people(here)
        stopping = asked_to_stop() if stay else None
        _show(here, parts)
        if stopping is not None:
            watch(here, stopping)


def demo_settings() -> Settings:
    """Settings of the demo: its own data folder, the embedded database. Raises UpRefused when a database is named: a demo never touches one."""
    if os.environ.get("DATABASE_URL") or os.environ.get("SENDFLOW_DATABASE_URL"):
        raise UpRefused("a demo runs on its own database only, and DATABASE_URL is set; unset it, or use `sendflow up`")
    settings = Settings(demo=True)
    settings.clock_file = settings.clock_file or settings.folder / "clock"
    return settings


def _fill(here: Running, parts: Parts, pupils: int) -> None:
    """Import the sample trust if the ledger is empty, and open every case that its data demands."""
    from sqlalchemy import func, select

    from db.importing.run import import_folder
    from db.models import Pupil
    from db.sample.la_profiles import load_sample_profiles
    from db.sample.recent_past import play_recent_past
    from db.sample.trust import TRUST_NAME, write_sample_trust

    today = parts.clock.today()
    with parts.engines.scheduler() as session:
        empty = not session.scalar(select(func.count()).select_from(Pupil))
    if empty:
        folder = Path(here.settings.folder / "sample")
        write_sample_trust(folder, today, pupils=pupils)
        with parts.engines.scheduler() as session:
            report = import_folder(session, folder, actor_id=None, today=today, trust_name=TRUST_NAME)
            load_sample_profiles(session, folder / "la_profiles", today)
        here.tell(f"sample trust imported: {sum(f.rows for f in report.files):,} rows")
    else:
        here.tell("the trust of the last start is here again")
    opened, chased = morning_sweeps(parts)
    if empty:
        here.tell(f"{play_recent_past(parts.engines, parts.ledger, today)} acts of the trust's recent past")
    here.tell(f"{opened} reviews and changes of phase opened, because their day has come; {chased} reminders and acts of the calendar")


def _show(here: Running, parts: Parts) -> None:
    from sqlalchemy import select

    from db.models import Person
    from db.queries.people import staff_choices

    today = parts.clock.today()
    with parts.engines.scheduler() as session:
        staff = staff_choices(session, today)
        sencos = [c for c in staff if any(role == "senco" for _, _, role in c.roles)]
        lead = next(c for c in staff if any(role == "trust_send_lead" for _, _, role in c.roles))
        mine = [(c, inbox(session, c.person_id, today)) for c in sencos]
        late = overdue(session, today)
        senco, found = max(mine, key=lambda pair: len(pair[1].mine))
        address, leads = (session.scalars(select(Person.email).where(Person.id == one.person_id)).one() for one in (senco, lead))
    rows = ((s.act_by_on, s.overdue_days or "", s.case, s.title, s.pupil_name) for s in found.mine[:SHOWN])
    here.say("")
    table(("by", "late", "case", "step", "pupil"), rows, f"Inbox of {senco.name}, SENCO, {senco.roles[0][1]} ({len(found.mine)} to do)")
    here.say("")
    rows = ((s.act_by_on, s.overdue_days, s.case, s.title, s.whose) for s in late[:SHOWN])
    words = f"Overdue in the whole trust, by law or by our own target ({len(late)})"
    table(("by", "late", "case", "step", "whose"), rows, words, "Nothing is overdue.")
    auth = here.connection.auth_string if here.connection else ""
    here.say(f"\nConsole     {here.origin}\nPrefect UI  {prefect_page(here)}\n            it asks once for this password: {auth}")
    here.say(f"By command  export SENDFLOW_AS={address} acts as {senco.name}; then: {Path(sys.argv[0])} inbox")
    here.say(f"            {lead.name}, the trust's SEND lead, is {leads}: give it to --as")
    here.say("Mail        nothing leaves this machine; read it in the console under Sent messages\nStop with Ctrl-C.")
