"""The keys that links are signed with: from the settings, else a file in the data folder that only our own account reads."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from db.settings import Settings

FILE = "signing_key"
SHORTEST = 32


class SigningKeyError(RuntimeError):
    """The signing key is too short, or others can read its file. `str()` says what to do."""


def signing_keys(settings: Settings) -> list[str]:
    """The keys, oldest first. `SENDFLOW_SIGNING_KEY` may hold several with commas between: sign with the last, still read with the others.

    Without the setting a key is made once and kept in the data folder (mode 0600); if that file is lost, links made before are refused
    politely. Raises SigningKeyError for a key under 32 letters and for a file that others can read.
    """
    if settings.signing_key is not None:
        return _checked([key.strip() for key in settings.signing_key.get_secret_value().split(",") if key.strip()], "SENDFLOW_SIGNING_KEY")
    file = settings.folder / FILE
    if not file.exists():
        _make(file)
    if file.stat().st_mode & 0o077:
        raise SigningKeyError(f"{file} can be read by others. Make it yours alone (chmod 600), or better a new one: links made before then end.")
    return _checked(file.read_text(encoding="ascii").split(), str(file))


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{FILE}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
    with suppress(FileExistsError):  # another process made it first
        file.hardlink_to(draft)
    draft.unlink()


def _checked(keys: list[str], where: str) -> list[str]:
    if not keys or any(len(key) < SHORTEST for key in keys):
        raise SigningKeyError(f"{where} needs at least {SHORTEST} letters for each key. Python's secrets.token_urlsafe(48) makes one.")
    return keys
