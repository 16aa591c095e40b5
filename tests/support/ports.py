# Ports of 127.0.0.1 for the programs of a test. Below the range from which the kernel takes ports for
# whoever names none, so that no connection of a program beside gets one between our look and the
# program's start; and each held by a lock on a file, so that no other test takes it either.
import errno
import fcntl
import os
import pathlib
import random
import socket
import tempfile

LOWEST = 10240
RANGE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
ENOUGH = 2000  # ports below the kernel's range, or we take from all

_held = {}  # of this process, until it ends: port -> the locked file


def _span():
    first = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32768
    return range(LOWEST, first if first - LOWEST >= ENOUGH else 61000)


def _lock(port):
    """Whether this process holds the port from now on."""
    if port in _held:
        return False
    folder = pathlib.Path(tempfile.gettempdir()) / f"fleet-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    _held[port] = file
    return True


def port_taken(port, kind):
    with socket.socket(socket.AF_INET, kind) as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError as why:
            if why.errno in (errno.EADDRINUSE, errno.EACCES):
                return True
            raise
    return False


def free_ports(count=1):
    """The first of `count` neighbours that nobody has, for TCP or UDP, and that stay this test's."""
    span = _span()
    for _ in range(10000):
        first = random.choice(span[:-count])
        block = range(first, first + count)
        mine = [port for port in block if _lock(port)]
        if len(mine) == count and not any(
                port_taken(port, kind) for port in block
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return first
        for port in mine:
            os.close(_held.pop(port))
    raise RuntimeError("no port of 127.0.0.1 is free")
