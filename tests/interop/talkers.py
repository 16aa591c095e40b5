# Programs that take lines and print what they are told: the peers of this folder (dtls_peer,
# coap_peer) and openssl; and free UDP ports for them.
import os
import pathlib

from harness import ROOT
from ports import free_ports
from process import Process


def our_program(name):
    """The path of a program of this folder, built beside the tests."""
    path = os.environ.get("FLEET_" + name.upper(), str(ROOT / f"build/dev/bin/{name}"))
    if not os.access(path, os.X_OK):
        raise AssertionError(f"no program at {path}: set FLEET_{name.upper()}")
    return path


def udp_port_taken(port):
    """As the kernel lists them: to bind it for a look would take it from who is about to."""
    tables = (pathlib.Path("/proc/net") / family for family in ("udp", "udp6"))
    lines = [line.split() for table in tables if table.exists()
             for line in table.read_text().splitlines()[1:]]
    return any(int(line[1].rpartition(":")[2], 16) == port for line in lines)


def free_udp_port(neighbour=False):
    """With `neighbour`, the port after it is free too."""
    return free_ports(2 if neighbour else 1)


class Talker(Process):
    """A program that takes lines and prints what it is told."""

    def __init__(self, *command):
        super().__init__(command, stdin="", keep_stdin=True)

    def say(self, text):
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def end_input(self):
        self._process.stdin.close()

    def hear(self, text):
        try:
            return self.wait_for_line(lambda line: text in line, f"'{text}'")
        except TimeoutError as late:
            raise TimeoutError(f"{late}; '{text}' was waited for, and these came:\n"
                               f"{self.output}\n{self.error_output}") from None
