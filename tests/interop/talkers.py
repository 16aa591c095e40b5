# Programs that take lines and print what they are told: the peers of this folder (dtls_peer,
# coap_peer) and openssl; and free UDP ports for them.
import os
import socket

from harness import ROOT
from process import Process


def our_program(name):
    """The path of a program of this folder, built beside the tests."""
    path = os.environ.get("FLEET_" + name.upper(), str(ROOT / f"build/dev/bin/{name}"))
    if not os.access(path, os.X_OK):
        raise AssertionError(f"no program at {path}: set FLEET_{name.upper()}")
    return path


def udp_port_taken(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def free_udp_port(neighbour=False):
    """With `neighbour`, the port after it is free too."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if not neighbour or (port < 65535 and not udp_port_taken(port + 1)):
            return port


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
