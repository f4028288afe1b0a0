"""O1: a backup comes back on another host. It is whole, sends nothing, says so on every page, lists what may repeat; confirmed, it goes on."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from db.migrate import inspect_database
from notifications.sink import MailSink, kept_mails
from tasks.deliver import deliver, spread
from tasks.failure import TaskFailed
from tasks.quiet import CODE, refuse_if_quiet
from tests.databases import TestServer
from tests.faults.conftest import Tally
from tests.faults.operator_at_work import NOON, Host, contents, one_value, seed_sample_trust

QUIET = "brought back from the backup"
CHANGED = {"instance_identity", "alembic_version"}


@dataclass(frozen=True)
class Kept:
    """A ledger that was at work, and the backup taken of it."""

    url: str
    file: Path
    acts: int
    before: dict[str, list[str]]


@pytest.fixture(scope="module")
def kept(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with pytest.MonkeyPatch.context() as patch, postgres.database() as url:
        folder = tmp_path_factory.mktemp("first")
        host = Host(folder, url, patch)
        acts = seed_sample_trust(url, folder / "sample")
        parts = host.parts()
        while not spread(parts, 1).messages:
            pass  # some messages are deliveries already, some still lie in the outbox
        parts.engines.dispose()
        backups = folder / "backups"
        backups.mkdir()
        said = host.run("backup", str(backups))
        assert "key that signs links is not in it" in said
        (file,) = backups.iterdir()
        yield Kept(url, file, acts, dict(contents(postgres.server, url)))


def test_o1_a_backup_comes_back_whole_on_another_host_and_is_quiet_until_confirmed(
    kept: Kept, postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    with postgres.database(migrated=False) as url, MailSink(tmp_path / "mail", lambda: NOON) as sink:
        other = Host(tmp_path / "other", url, monkeypatch)
        said = other.run("restore", str(kept.file))
        assert "the record is whole" in said and "another than the backup's" in said and "quiet" in said
        after = contents(postgres.server, url)
        wrong = [table for table in kept.before if table not in CHANGED and kept.before[table] != after[table] and table != "heartbeats"]
        assert not wrong and sum(map(len, after.values())) > 500, wrong
        parts = other.parts()
        parts.settings.mail_url = sink.url
        with pytest.raises(TaskFailed, match=CODE):
            refuse_if_quiet(parts, "AR-000001")
        with other.pages() as browser:
            for page in ("/sign-in", "/l/no-such-link", "/nowhere"):
                assert QUIET in browser.get(page).text, page
        listed = other.run("confirm", code=2, typed="n\n")
        waiting = int(one_value(postgres.server, url, "SELECT count(*) FROM deliveries WHERE state IN ('owed', 'held')"))
        assert waiting and f"{waiting} messages were waiting" in listed, listed
        assert "cases had acts in the last day" in listed and "Acts whose messages were not made yet: " in listed, listed
        assert not kept_mails(tmp_path / "mail") and "stays quiet" in listed
        assert "Confirmed" in other.run("confirm", "--yes")
        monkeypatch.setattr("tasks.quiet._seen", {})
        refuse_if_quiet(parts, "AR-000001")
        with other.pages() as browser:
            assert QUIET not in browser.get("/sign-in").text
        parts.settings.demo = True  # this test runs at any hour
        one_value(postgres.server, url, "UPDATE deliveries SET next_try_at = now() WHERE state = 'owed'")
        deliver(parts)
        sent = kept_mails(tmp_path / "mail")
        twice = one_value(postgres.server, url, "SELECT count(*) FROM deliveries WHERE state = 'accepted' AND NOT may_be_twice")
        assert sent and twice == 0, "each mail that leaves says that it may have come before"
        parts.engines.dispose()
    note = f"{sum(map(len, after.values()))} rows back, {waiting} messages listed, 0 sent before confirming"
    tally("O1", acts=kept.acts, kills=1, lost=0, doubled=0, note=note)


def test_o1_a_restore_over_a_ledger_asks_for_replace_and_is_quiet_on_the_same_host_too(
    kept: Kept, postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as url:
        host = Host(tmp_path, url, monkeypatch)
        assert "say --replace" in host.run("restore", str(kept.file), code=2)
        assert not one_value(postgres.server, url, "SELECT count(*) FROM cases")
        host.run("restore", str(kept.file), "--replace")
        host.run("restore", str(kept.file), "--replace")
        assert one_value(postgres.server, url, "SELECT count(*) FROM events") == len(kept.before["events"])
        forced = one_value(
            postgres.server,
            url,
            "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT relforcerowsecurity",
        )
        assert forced == 0
        parts = host.parts()
        with pytest.raises(TaskFailed, match=CODE):
            refuse_if_quiet(parts, "AR-000001")
        with parts.engines.scheduler() as session, pytest.raises(Exception, match=r"append-only|permission denied"):
            session.execute(text("DELETE FROM events"))
        parts.engines.dispose()


def test_o1_a_drill_proves_a_backup_beside_the_ledger_and_beats(
    kept: Kept, postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(tmp_path, kept.url, monkeypatch)
    before = contents(postgres.server, kept.url)["events"]
    assert "the record is whole" in host.run("drill", str(kept.file))
    assert contents(postgres.server, kept.url)["events"] == before
    assert one_value(postgres.server, kept.url, "SELECT count(*) FROM heartbeats WHERE name IN ('backup', 'drill')") == 2
    with postgres.admin() as connection:
        assert not connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE 'sendflow_drill%'").fetchall()


def cut(content: bytes) -> bytes:
    """The last third is missing."""
    return content[: len(content) * 2 // 3]


def flipped(content: bytes) -> bytes:
    """One bit of the table of acts is another."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        place = tar.getmember("tables/events.copy.gz").offset_data + 100
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def other_rows(content: bytes) -> bytes:
    """A part that was packed anew with one act left out, its checksum set right: only the proof shows it."""
    import hashlib

    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar.getmembers()}
    manifest = json.loads(members["manifest.json"])
    rows = gzip.decompress(members["tables/events.copy.gz"]).splitlines(keepends=True)[:-1]
    members["tables/events.copy.gz"] = gzip.compress(b"".join(rows))
    part = next(one for one in manifest["parts"] if one["table"] == "events")
    part |= {"rows": len(rows), "sha256": hashlib.sha256(members["tables/events.copy.gz"]).hexdigest()}
    manifest["proof"]["positions"] = "0" * 64
    members["manifest.json"] = json.dumps(manifest).encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, words in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(words)
            tar.addfile(member, io.BytesIO(words))
    return made.getvalue()


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (cut, "tables/"),
        (flipped, "tables/events.copy.gz"),
        (other_rows, "positions is"),
        (lambda _: b"", "manifest.json"),
        (lambda content: content[:700], "manifest.json"),
    ],
)
def test_o1_a_broken_backup_is_refused_by_part_before_anything_is_written(
    kept: Kept, postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[bytes], bytes], named: str
) -> None:
    broken = tmp_path / "broken.tar"
    broken.write_bytes(harm(kept.file.read_bytes()))
    with postgres.database(migrated=False) as url:
        said = Host(tmp_path / "host", url, monkeypatch).run("restore", str(broken), code=2)
        assert named in said and "othing was written" in said, said
        assert inspect_database(url).state == "empty"
