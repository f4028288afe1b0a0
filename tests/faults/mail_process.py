"""The demo's mail server as a process of its own, which a test may kill and start again at the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.clock import Clock
from notifications.sink import MailSink
from tests.flows.office import Office, until


class MailProcess:
    """One SMTP server on 127.0.0.1 that keeps what it takes in `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 when it was never started."""
        return self._child.pid if self._child is not None else 0

    def ensure(self) -> None:
        """Start it unless it runs, and wait until it listens."""
        if self._child is not None and self._child.poll() is None:
            return
        command = [sys.executable, "-m", "tests.faults.mail_process", str(self.folder), str(self.port)]
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        until(lambda: listens(self.port), "the mail server listens")

    def stop(self) -> None:
        """End it."""
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)
            self._child.wait(90)


@contextmanager
def mail_process(office: Office) -> Iterator[MailProcess]:
    """In the place of the office's own mail server one in a process, with the same port and folder, until the block ends."""
    port = int(office.sink.url.rsplit(":", 1)[1])
    office.sink.stop()
    process = MailProcess(office.sink_folder, port)
    process.ensure()
    try:
        yield process
    finally:
        process.stop()
        office.sink = MailSink(office.sink_folder, office.village.clock.now, port)
        office.sink.start()


def listens(port: int) -> bool:
    """Whether something takes connections on that port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Take mail until the starter ends: `python -m tests.faults.mail_process FOLDER PORT`."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    parent = os.getppid()
    with MailSink(folder, Clock().now, port):
        while os.getppid() == parent:
            time.sleep(0.5)


if __name__ == "__main__":
    main()
