# Programs under test and the foreign programs around them: started on free loopback ports, awaited
# by what they do (a port that answers, a line they print), stopped by their own pid, never left
# over. Python's standard library only. Knows no protocol.
import os
import pathlib
import queue
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from ports import free_ports

READY_S = 60     # how long a program may take to become ready
STOP_S = 15      # … and to end after SIGTERM, before SIGKILL


def raise_descriptor_limit():
    """Lifts the soft limit of descriptors to the hard one, for this process and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    """A port of 127.0.0.1 that nobody has, and that stays this test's."""
    return free_ports()


def wait_until(condition, what, timeout_s=READY_S):
    """Asks `condition` again and again until it is true; fails with `what` after the time."""
    end = time.monotonic() + timeout_s
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def listening(port, host="127.0.0.1"):
    """Whether a connection to the port is accepted."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


class Process:
    """One program; its output is collected line by line, both streams apart."""

    def __init__(self, command, cwd=None, env=None, stdin=None, keep_stdin=False):
        self.command = [str(word) for word in command]
        self.lines = []
        self.errors = []
        self.usage = None
        self._new = queue.Queue()
        self._process = subprocess.Popen(
            self.command, cwd=cwd, env=env, text=True, errors="replace",
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        if stdin is not None:
            self._process.stdin.write(stdin)
            if not keep_stdin:
                self._process.stdin.close()
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self.lines, True)),
            threading.Thread(target=self._read, args=(self._process.stderr, self.errors, False))]
        for reader in self._readers:
            reader.daemon = True
            reader.start()

    def _read(self, stream, into, tell):
        for line in stream:
            into.append(line.rstrip("\n"))
            if tell:
                self._new.put(line.rstrip("\n"))
        if tell:
            self._new.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def output(self):
        return "\n".join(self.lines)

    @property
    def error_output(self):
        return "\n".join(self.errors)

    @property
    def code(self):
        """The exit code, or None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    def running(self):
        return self.code is None and not self._reap(os.WNOHANG)

    def _reap(self, options):
        """Waits like wait4(2) and keeps the resource usage; true when the program has ended."""
        if self._process.returncode is not None:
            return True
        pid, status, usage = os.wait4(self.pid, options)
        if pid == 0:
            return False
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.usage = usage
        for reader in self._readers:
            reader.join(5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        return True

    def next_line(self, timeout_s=READY_S):
        """The next line of standard output; None when the program closed it."""
        try:
            return self._new.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError(f"{self.command[0]} printed nothing for {timeout_s} s") from None

    def wait_for_line(self, condition, what, timeout_s=READY_S):
        """Reads standard output up to the line that meets `condition` and answers it."""
        end = time.monotonic() + timeout_s
        while True:
            line = self.next_line(max(0.01, end - time.monotonic()))
            if line is None:
                self.wait(5)
                raise RuntimeError(f"{' '.join(self.command)} ended ({self.code}) before {what}:\n"
                                   f"{self.output}\n{self.error_output}")
            if condition(line):
                return line

    def wait(self, timeout_s):
        """Waits for the end and answers the exit code; kills and fails after the time."""
        try:
            wait_until(lambda: self._reap(os.WNOHANG), f"the end of {self.command[0]}", timeout_s)
        except TimeoutError:
            self.kill()
            raise TimeoutError(f"{' '.join(self.command)} did not end within {timeout_s} s:\n"
                               f"{self.output}\n{self.error_output}") from None
        return self.code

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def stop(self):
        """SIGTERM, a bounded wait, then SIGKILL; harmless when it has ended."""
        if not self.running():
            return self.code
        os.kill(self.pid, signal.SIGTERM)
        try:
            wait_until(lambda: self._reap(os.WNOHANG), "", STOP_S)
        except TimeoutError:
            self.kill()
        return self.code

    def kill(self):
        """SIGKILL: the peer sees the connection vanish without a word."""
        if self.running():
            os.kill(self.pid, signal.SIGKILL)
            self._reap(0)


def run(command, timeout_s=60, **options):
    """Runs a program to its end."""
    process = Process(command, **options)
    process.wait(timeout_s)
    return process


class TempDir:
    """A directory for one test, removed with everything in it."""

    def __init__(self, prefix="fleet-test-"):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))

    def __truediv__(self, name):
        return self.path / name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
