"""TCP ports on this machine: is one free, who has it, give me one."""

import random
import socket
from contextlib import suppress
from pathlib import Path

from liftward_runtime.process_identity import command_of

LOOPBACK = "127.0.0.1"
# Below Linux's ephemeral range (from 32768): no outgoing connection can take the port away between
# our restarts. Above the registered ports people know.
_FREE_LOW, _FREE_HIGH = 21_000, 32_000
_FREE_TRIES = 200  # with a tenth of the range in use the odds of failing are 1e-200
_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on this port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections that wait in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port on the loopback address that nobody listens on now."""
    chooser = random.SystemRandom()
    for _ in range(_FREE_TRIES):
        port = chooser.randint(_FREE_LOW, _FREE_HIGH)
        if is_free(port):
            return port
    raise OSError(f"no free TCP port between {_FREE_LOW} and {_FREE_HIGH} on {LOOPBACK}")


def port_owner(port: int) -> str | None:
    """Return "pid 123 (command)" of the process that listens, as far as we may see it."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if inodes & _socket_inodes(folder):
            pid = int(folder.parent.name)
            return f"pid {pid} ({(command_of(pid) or '?')[:60]})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _socket_inodes(folder: Path) -> set[str]:
    inodes: set[str] = set()
    with suppress(OSError):  # the process ended, or is not ours to look into
        for entry in folder.iterdir():
            with suppress(OSError):  # this one was closed meanwhile
                link = str(entry.readlink())
                if link.startswith("socket:["):
                    inodes.add(link[8:-1])
    return inodes
