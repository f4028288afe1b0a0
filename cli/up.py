"""Runs all parts of one installation on this machine, and watches them: Prefect server, worker, console, and the demo's mail server."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.reviving import revived_database, revived_prefect
from cli.watch import begin_watching, ledger_url
from db.embedded import EmbeddedPostgres, database_url
from db.engine import Engines
from db.installation import Installation, Standing
from db.migrate import migrate_own
from db.settings import Settings
from db.start_checks import check_server, found_at_start
from flows.connection import Connection
from flows.server import PrefectServer
from flows.server_settings import check_settings
from flows.work import ENDS_WITH_PARENT

_RESTARTS = 5  # in an hour: a worker that hung ends by itself now and then, so that another takes its place
_HOUR = 3600.0


class UpRefused(RuntimeError):
    """Another `sendflow up` or `demo` runs on this data folder, or a port is taken; the message says which."""


@dataclass
class Running:
    """One running installation. `say` tells the person at the keyboard what is going on."""

    settings: Settings
    say: Callable[[str], None]
    port: int
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restarts: dict[str, list[float]] = field(default_factory=dict)  # when each child ended lately (time.monotonic)
    prefect: PrefectServer | None = None
    connection: Connection | None = None
    standing: Standing | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def origin(self) -> str:
        """The console's address: SENDFLOW_ORIGIN where it is set, since links in mails must work for whoever reads them; else this machine's."""
        if "origin" in self.settings.model_fields_set and not self.settings.demo:
            return self.settings.origin
        return f"http://127.0.0.1:{self.port}"

    def tell(self, words: str) -> None:
        """Say something with the seconds since the start."""
        self.say(f"{time.monotonic() - self.began:5.1f} s  {words}")

    def environment(self) -> dict[str, str]:
        """The variables that the worker and the console need."""
        settings = self.settings
        ours = {
            "SENDFLOW_DATA_FOLDER": str(settings.folder),
            "SENDFLOW_ORIGIN": self.origin,
            "SENDFLOW_CONSOLE_PORT": str(self.port),
            "SENDFLOW_DEMO": "true" if settings.demo else "false",
            "DO_NOT_TRACK": "1",
            ENDS_WITH_PARENT: "1",
        }
        optional = {"SENDFLOW_MAIL_URL": settings.mail_url, "SENDFLOW_CLOCK_FILE": str(settings.clock_file) if settings.clock_file else None}
        prefect = self.connection.environment() if self.connection else {}
        return {**os.environ, **ours, **{name: value for name, value in optional.items() if value}, **prefect}

    def start_child(self, name: str, *arguments: str) -> None:
        """Start `python -m …` as a child in a session of its own, its words in the log file of its name."""
        logs = self.settings.folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(), start_new_session=True
            )

    def stop(self) -> None:
        """End the children, each asked before it is forced, then Prefect's server, then the database if it is the embedded one."""
        for child in self.children.values():
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in self.children.values():
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
        if self.prefect is not None:
            self.prefect.stop()
        if self.settings.database_url is None:
            EmbeddedPostgres(self.settings.folder).stop()


WORKER = ("-m", "flows.work")
CONSOLE = ("-m", "web.serve")


def run_up(port: int) -> None:
    """Run on the database of the settings until Ctrl-C. Raises UpRefused, and what the parts raise when they cannot start."""
    from db.settings import get_settings

    settings = get_settings()
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.folder))
        here = Running(settings, print, chosen_port(port))
        stack.callback(here.stop)
        url = start_ledger(here)
        if here.standing is None or not here.standing.quiet:
            sweep_once(here, url)
        start_prefect(here)
        start_people(here)
        stopping = asked_to_stop()
        here.say(f"\nConsole     {here.origin}\nPrefect UI  {prefect_page(here)}\nStop with Ctrl-C.")
        watch(here, stopping)


def start_ledger(here: Running) -> str:
    """The ledger's database: started if it is the embedded one, checked, and at the present schema. Returns its URL."""
    url = database_url(here.settings)
    check_server(url)
    migrate_own(url, here.settings)
    engines = Engines(url, 2)
    with engines.scheduler() as session:
        here.standing = Installation(here.settings).standing(session)
    engines.dispose()
    for line in found_at_start(url, here.settings.folder):
        here.tell(line)
    return url


def sweep_once(here: Running, url: str) -> None:
    """Do the morning's sweeps now: whoever starts at noon, or after an import, does not wait until tomorrow for what is due today."""
    from cli.morning import morning_sweeps
    from tasks.parts import make_parts
    from tasks.quiet import why_quiet

    parts = make_parts(here.settings, url)
    if why_quiet(parts):  # the clock is behind what the ledger has heard, which is found out only now
        with parts.engines.scheduler() as session:
            here.standing = Installation(here.settings).standing(session)
        parts.engines.dispose()
        return
    opened, chased = morning_sweeps(parts)
    parts.engines.dispose()
    here.tell(f"{opened} reviews and changes of phase opened, because their day has come; {chased} reminders and acts of the calendar")


def start_prefect(here: Running) -> None:
    """The Prefect server, unless SENDFLOW_PREFECT_API_URL names one that runs elsewhere."""
    if here.settings.prefect_api_url:
        here.connection = Connection(here.settings.prefect_api_url, os.environ.get("PREFECT_API_AUTH_STRING", ""), here.settings.folder / "prefect")
        check_settings(here.connection.told_settings())
        register_flows(here)
        return
    here.prefect = PrefectServer(here.settings.folder, prefect_database(here.settings))
    here.connection = here.prefect.start(lambda words: here.tell(words) if words.endswith(("5 s", "0 s")) else None)
    here.tell("Prefect server ready")
    register_flows(here)


def prefect_database(settings: Settings) -> str:
    """Prefect's own database beside the ledger's: in the embedded server, or SENDFLOW_PREFECT_DATABASE_URL. Never the ledger's own."""
    given = os.environ.get("SENDFLOW_PREFECT_DATABASE_URL")
    if given:
        return given
    if settings.database_url is not None:
        raise UpRefused(
            "With a database of your own, say where Prefect keeps its own: SENDFLOW_PREFECT_DATABASE_URL, or SENDFLOW_PREFECT_API_URL of a server."
        )
    return EmbeddedPostgres(settings.folder).url("prefect")


def register_flows(here: Running) -> None:
    """Tell the Prefect server our flows, pool, schedules, and the automations that ring when those are silent. Safe to repeat."""
    assert here.connection is not None
    here.connection.enter()
    from prefect.client.orchestration import get_client  # takes seconds, so only where Prefect is wanted

    from flows.alarm_automations import declare_alarms
    from flows.deployments import register

    alarm_url = here.settings.alarm_url
    with here.connection.settings(), get_client(sync_client=True) as client:
        register(client)
        declare_alarms(client, alarm_url.get_secret_value() if alarm_url else "")
    here.tell("flows and schedules registered" + (", alarms declared" if alarm_url else ""))


def start_people(here: Running) -> None:
    """The worker and the console, and wait until the console answers."""
    here.start_child("console", *CONSOLE)
    if here.standing is not None and here.standing.quiet:
        here.say(f"\nNothing is sent and nothing is woken: {here.standing.words}\n")
    else:
        here.start_child("worker", *WORKER)
    wait_for_port(here, here.port)
    here.tell("console ready" + (", worker starting" if "worker" in here.children else ""))


def asked_to_stop() -> threading.Event:
    """What Ctrl-C or SIGTERM sets from now on. Call it before anybody is told how to stop: whoever is quick must be heard."""
    stopping = threading.Event()
    for order in (signal.SIGINT, signal.SIGTERM):
        signal.signal(order, lambda _number, _frame: stopping.set())
    return stopping


def watch(here: Running, stopping: threading.Event) -> None:
    """Keep the parts alive until `stopping` is set: a child that ends is started again, a few times; a dead Prefect server and
    the embedded database too."""
    embedded = EmbeddedPostgres(here.settings.folder) if here.settings.database_url is None else None
    begin_watching(here.settings, ledger_url(here.settings), here.tell, stopping)
    while not stopping.wait(2.0):
        look_after(here, embedded)
    here.say("\nStopping ...")


def look_after(here: Running, embedded: EmbeddedPostgres | None) -> None:
    """One look at all parts: what has died is started again. Raises UpRefused when a child keeps ending."""
    if embedded is not None and not embedded.is_running():
        here.tell(revived_database(embedded))
        if not embedded.is_running():
            return  # without it the others would only end again
    for name, arguments in (("worker", WORKER), ("console", CONSOLE)):
        if name in here.children and here.children[name].poll() is not None:
            restart(here, name, arguments)
    if here.prefect is not None and (words := revived_prefect(here.prefect)):
        here.tell(words)


def restart(here: Running, name: str, arguments: tuple[str, ...]) -> None:
    """Start a child that has ended again. Raises UpRefused when it keeps ending: then something is wrong that starting does not mend."""
    now = time.monotonic()
    lately = here.restarts[name] = [at for at in here.restarts.get(name, []) if now - at < _HOUR] + [now]
    log = here.settings.folder / "logs" / f"{name}.log"
    if len(lately) > _RESTARTS:
        raise UpRefused(f"the {name} has ended {len(lately)} times within an hour; see the end of {log}")
    here.tell(f"the {name} ended and is started again; see {log}")
    here.start_child(name, *arguments)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process. Raises UpRefused naming the process that holds it (faults.md O5)."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UpRefused(
                f"Sendflow runs already on {folder}: process {lock.read().strip() or 'unknown'}. Stop it first, or use another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def chosen_port(wanted: int) -> int:
    """The console's port. Raises UpRefused when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise UpRefused(f"port {wanted} is taken by another program; choose another with --port") from None
        return int(probe.getsockname()[1])


def wait_for_port(here: Running, port: int, seconds: float = 60) -> None:
    """Wait until the console listens. Raises UpRefused when it ends or does not begin."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and here.children["console"].poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise UpRefused(f"the console did not start; see the end of {here.settings.folder / 'logs' / 'console.log'}")


def prefect_page(here: Running) -> str:
    """The address of Prefect's pages, with a range that shows cases opened long ago."""
    assert here.connection is not None
    return f"{here.connection.ui_url}/runs?type=span&seconds=-31536000"
