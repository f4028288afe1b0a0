"""Three hosts on one machine: network namespaces on a bridge, each with an address and a loopback of its own. The servers stay outside of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from tests.faults.watching_proxy import WatchingProxy

COUNT = 3


class NoNamespaces(RuntimeError):
    """This machine makes no network namespaces for us; `str()` says why and what would be needed."""


@dataclass(frozen=True)
class Hosts:
    """`enter`: what stands before a command to run it on that host; `address`: where the servers answer there. `apart`: real namespaces."""

    enter: tuple[tuple[str, ...], ...]
    address: str
    apart: bool

    def reach(self, url: str, closing: ExitStack) -> str:
        """The same server's URL for a process on one of the hosts."""
        if not self.apart:
            return url
        parts = urlsplit(url)
        assert parts.port is not None, "a server of ours has its port in its URL"
        proxy = WatchingProxy(parts.port, self.address)
        closing.callback(proxy.close)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@{self.address}:{proxy.port}" if login else f"{self.address}:{proxy.port}"))


ON_LOOPBACK = Hosts(((),) * COUNT, "127.0.0.1", apart=False)


@contextmanager
def three_namespaces() -> Iterator[Hosts]:
    """Make them, and remove them at the end. Raises NoNamespaces when the machine does not let us."""
    tag, third = f"sf{os.getpid() % 100000}", os.getpid() % 250
    bridge, network = f"{tag}b", f"10.231.{third}"
    names = [f"{tag}n{number}" for number in range(COUNT)]
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{network}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number, name in enumerate(names):
            _plug_in(name, f"{tag}v{number}", bridge, f"{network}.{number + 11}/24")
        yield Hosts(tuple(("ip", "netns", "exec", name) for name in names), f"{network}.1", apart=True)
    finally:
        for removal in (*(("netns", "del", name) for name in names), ("link", "del", bridge)):
            with suppress(NoNamespaces):  # not made
                _ip(*removal)


@contextmanager
def three_hosts_or_loopback() -> Iterator[Hosts]:
    """Namespaces where they can be made, else three processes on the loopback: `apart` tells which."""
    with ExitStack() as stack:
        try:
            hosts = stack.enter_context(three_namespaces())
        except NoNamespaces:
            hosts = ON_LOOPBACK
        yield hosts


def _plug_in(name: str, cable: str, bridge: str, address: str) -> None:
    _ip("netns", "add", name)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", cable, "master", bridge, "up")
    for order in (("link", "set", "lo", "up"), ("addr", "add", address, "dev", "eth0"), ("link", "set", "eth0", "up")):
        _ip("-n", name, *order)


def _ip(*words: str) -> None:
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise NoNamespaces("The program `ip` is missing: install Debian's package iproute2.") from None
    except subprocess.CalledProcessError as failed:
        raise NoNamespaces(f"`ip {' '.join(words)}` failed ({failed.stderr.strip()}): network namespaces need root and CAP_NET_ADMIN.") from None
