"""What `restore` and `drill` do: bring a backup back, then fold every position anew from its acts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cli.up import only_one
from cli.working import Working, use_demo_folder
from db.backup import key_mark
from db.backup_file import read_manifest
from db.backup_restore import restore_backup
from db.chain import ChainFault
from db.clock import Clock
from db.embedded import database_url
from db.engine import Engines
from db.installation import Installation
from db.ledger import Ledger
from db.scratch_database import scratch_database
from db.settings import Settings, get_settings
from db.start_checks import check_server
from rules.loader import load_library

Say = Callable[[str], None]


def bring_back(file: Path, replace: bool, say: Say) -> list[ChainFault]:
    """Restore into the database of the settings while no `sendflow up` runs on this data folder. Returns what the proof found wrong."""
    use_demo_folder()
    settings = get_settings()
    read_manifest(file)  # a broken file is refused before a database is started
    with only_one(settings.folder):
        url = database_url(settings)
        check_server(url)
        restored = restore_backup(url, file, replace=replace)
        Installation(settings).expect(restored.manifest.instance)
    taken, proof = restored.manifest.taken_at, restored.manifest.proof
    say(f"{restored.rows} rows of {taken} brought back: {proof['events']} acts in {proof['cases']} cases.")
    say(_of_the_key(settings, restored.manifest.signing_key))
    faults = proved(url, say)
    say("It is quiet: nothing is sent and nothing is woken until `sendflow confirm`.")
    return faults


def try_out(working: Working, file: Path, into: str | None, say: Say) -> list[ChainFault]:
    """Restore into a database of its own that goes again (or into the empty one at `into`, which stays), and prove it."""
    if into is not None:
        restore_backup(into, file)
        return proved(into, say)
    with scratch_database(working.engines.url, f"sendflow_drill_{os.getpid()}") as url:
        restore_backup(url, file)
        return proved(url, say)


def proved(url: str, say: Say) -> list[ChainFault]:
    """Every chain and word checked and every position folded anew from its acts; each fault is said."""
    engines = Engines(url, 2)
    faults = Ledger(engines, Clock(), load_library()).verify()
    engines.dispose()
    for fault in faults:
        say(f"{fault.case}, event {fault.seq}: {fault.what}")
    say(
        "Counts, chain heads, positions, messages owed and wakes are the manifest's; "
        + (f"{len(faults)} faults." if faults else "the record is whole.")
    )
    return faults


def _of_the_key(settings: Settings, wanted: str) -> str:
    if key_mark(settings) == wanted:
        return "The key that signs links is the one of the backup: links that were mailed open here."
    return (
        "The key that signs links is another than the backup's: links mailed before do not open here, and say so politely. Copy signing_key of the "
        "old data folder, or set SENDFLOW_SIGNING_KEY; else each reminder brings a new link."
    )
