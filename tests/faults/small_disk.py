"""A disk of a few megabytes of its own, which a test fills to the last byte."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 64 * 1024


class SmallDisk:
    """What is mounted at `folder`. `fill` leaves no byte, `make_room` gives back what `fill` took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Write until the disk says that it is full."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (BLOCK, 4096, 1):
                while _written(ballast.fileno(), size):
                    pass
        assert shutil.disk_usage(self.folder).free == 0

    def make_room(self) -> None:
        """Delete what `fill` wrote."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A file system in memory (tmpfs) of that size until the block ends. Needs the right to mount: root, or a user namespace of one's own."""
    folder = Path(tempfile.mkdtemp(prefix="sendflow-disk-"))
    folder.chmod(0o755)  # PostgreSQL's account passes through
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={megabytes}m,mode=755".encode()) != 0:
        folder.rmdir()
        why = os.strerror(ctypes.get_errno())
        raise PermissionError(
            f"{why}: a disk to be filled must be mounted. Run the tests as root, or under `unshare -U --map-current-user -m --keep-caps`."
        )
    try:
        yield SmallDisk(folder)
    finally:
        libc.umount2(os.fsencode(folder), 2)  # at once for everybody who looks, in fact when the last file is closed
        folder.rmdir()


def _written(file: int, size: int) -> int:
    try:
        return os.write(file, b"\0" * size)
    except OSError as full:
        assert full.errno == 28, full
        return 0
