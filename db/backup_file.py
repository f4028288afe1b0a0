"""The file a backup is: a tar with `manifest.json` first, then one gzip a table, each with its SHA-256 in the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

FORMAT = "Sendflow backup 1"
MANIFEST = "manifest.json"
NOTHING = "Nothing was written."
_CHUNK = 1 << 20


class BackupBroken(RuntimeError):
    """The file is no backup, or is cut or changed. `str()` names the part. Nothing was written anywhere."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table: its columns in the order of the rows, how many rows, and the SHA-256 of its gzip in hex."""

    table: str
    columns: list[str]
    rows: int
    sha256: str

    @property
    def name(self) -> str:
        """The member's name in the tar."""
        return f"tables/{self.table}.copy.gz"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `taken_at`: the database's own instant of the snapshot, ISO in UTC. `proof`: `db/backup_proof.py`."""

    taken_at: str
    sendflow: str
    schema: str
    server: str
    instance: str
    trusts: list[str]
    signing_key: str
    parts: list[Part]
    sequences: dict[str, int]
    proof: dict[str, Any]
    format: str = FORMAT


def write_tar(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the whole file beside `target`, only for our own account, then rename it into place: there is never half a backup."""
    draft = target.with_name(f"{target.name}.draft")
    draft.touch(mode=0o600)
    draft.chmod(0o600)
    words = json.dumps(asdict(manifest), indent=1).encode()
    with tarfile.open(draft, "w") as tar:
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(words)
        tar.addfile(head, io.BytesIO(words))
        for part in manifest.parts:
            tar.add(files[part.table], arcname=part.name)
    draft.rename(target)


def read_manifest(file: Path) -> Manifest:
    """The manifest after every part was held against its SHA-256. Raises BackupBroken naming the part; FileNotFoundError without a file."""
    with _opened(file) as tar:
        manifest = _manifest(_next(tar, MANIFEST))
        for part in manifest.parts:
            if _digest_of(_next(tar, part.name), part.name) != part.sha256:
                raise BackupBroken(f"the backup is broken in {part.name}: its SHA-256 is not the manifest's. Take another backup. {NOTHING}")
    return manifest


@contextmanager
def open_part(file: Path, part: Part) -> Iterator[IO[bytes]]:
    """The gzip of one table. The file was checked by `read_manifest` before."""
    with _opened(file) as tar:
        found = tar.extractfile(part.name)
        assert found is not None
        yield found


def digest(source: IO[bytes]) -> str:
    """The SHA-256 of what is left in `source`, in hex."""
    found = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file, "r:")
    except tarfile.TarError as fault:
        raise BackupBroken(f"{file} is no Sendflow backup, or its beginning ({MANIFEST}) is broken. {NOTHING}") from fault


def _manifest(source: IO[bytes]) -> Manifest:
    try:
        read = json.loads(source.read())
        if read["format"] != FORMAT:
            raise BackupBroken(f"the backup's format is {read['format']!r}; this Sendflow reads {FORMAT!r}. {NOTHING}")
        return Manifest(**{**read, "parts": [Part(**part) for part in read["parts"]]})
    except (ValueError, KeyError, TypeError, tarfile.TarError) as fault:
        raise BackupBroken(f"the backup is broken in {MANIFEST}: it cannot be read. {NOTHING}") from fault


def _next(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """The next member, which must be the one of that name: the parts stand in the manifest's order."""
    try:
        member = tar.next()
        found = tar.extractfile(member) if member is not None and member.name == name else None
    except tarfile.TarError as fault:
        raise BackupBroken(f"the backup is cut or broken before {name}. {NOTHING}") from fault
    if found is None:
        raise BackupBroken(f"the backup is cut or broken before {name}: that part is missing. {NOTHING}")
    return found


def _digest_of(source: IO[bytes], name: str) -> str:
    try:
        return digest(source)
    except tarfile.TarError as fault:
        raise BackupBroken(f"the backup is cut in {name}. {NOTHING}") from fault
