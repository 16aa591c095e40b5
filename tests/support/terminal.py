# A terminal for a program under test: a pty, and as much of an emulator as tells what is on which
# screen. Knows the sequences that fleet writes; any other is an error. Standard library only.
import fcntl
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import termios
import threading

from process import wait_until

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
COLOUR = re.compile(r"\x1b\[(?:3|4|9|10)[0-7](?:;[0-9]+)*m")


class Screens:
    """What a terminal shows: the ordinary screen as text, the other one as lines."""

    def __init__(self, rows, columns):
        self.ordinary = ""     # all that was ever written there
        self.other = False     # which one is shown
        self.entered = 0
        self.left = 0
        self.cursor = True
        self.wraps = True
        self.clears = 0
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [""] * rows
        self.row = self.column = 0

    def feed(self, text):
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    raise AssertionError(f"no sequence: {text[at:at + 20]!r}")
                at = found.end()
                self.obey(found[1] + found[3], found[2])
            else:
                self.put(text[at])
                at += 1

    def obey(self, what, numbers):
        if what in ("?h", "?l"):
            on = what == "?h"
            if numbers == "1049":
                self.entered += on
                self.left += not on
                self.other = on
            elif numbers == "25":
                self.cursor = on
            elif numbers == "7":
                self.wraps = on
            elif numbers != "2004":  # a shell's own
                raise AssertionError(f"unknown mode {numbers}")
        elif what == "H":
            row, column = (numbers or "1;1").split(";")
            self.row, self.column = int(row) - 1, int(column) - 1
        elif what == "J":
            self.clears += 1
            self.lines = [""] * self.rows
        elif what == "K" and self.other:
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif what not in ("m", "K"):
            raise AssertionError(f"unknown sequence {what}")

    def put(self, character):
        if not self.other:
            self.ordinary += character
            return
        if self.row >= self.rows or self.column >= self.columns:
            raise AssertionError(f"beyond the screen: {self.row}, {self.column}")
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    @property
    def text(self):
        return "\n".join(self.lines)


class Terminal:
    """A program in front of a terminal of its own."""

    def __init__(self, command, rows=24, columns=80, env=None):
        self.raw = ""
        self.screens = Screens(rows, columns)
        self._lock = threading.Lock()
        self._trouble = None
        self.master, self.slave = pty.openpty()
        self._size(rows, columns)
        self.settings = termios.tcgetattr(self.slave)

        def before():
            os.login_tty(os.dup(self.slave))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        words = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": "",
                 **(env or {})}
        self.process = subprocess.Popen([str(word) for word in command], env=words,
                                        preexec_fn=before, close_fds=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        rest = b""
        while True:
            try:
                got = os.read(self.master, 65536)
            except OSError:
                return
            if not got:
                return
            rest += got
            # Whole characters and sequences only.
            end = len(rest)
            escape = rest.rfind(b"\x1b")
            if escape >= 0 and not SEQUENCE.match(rest[escape:].decode(errors="ignore")):
                end = escape
            while end > 0:
                try:
                    text = rest[:end].decode()
                    break
                except UnicodeDecodeError as error:
                    end = error.start
            else:
                continue
            rest = rest[end:]
            with self._lock:
                self.raw += text
                try:
                    if self._trouble is None:
                        self.screens.feed(text)
                except AssertionError as error:
                    self._trouble = error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def see(self, condition, what, timeout_s=60):
        """Waits until `condition(screens)` holds."""
        def asked():
            with self._lock:
                if self._trouble is not None:
                    raise self._trouble
                return condition(self.screens)
        try:
            return wait_until(asked, what, timeout_s)
        except TimeoutError as error:
            raise AssertionError(f"{error}; the other screen has\n{self.screens.text}\nthe "
                                 f"ordinary one\n{self.screens.ordinary}") from None

    def see_text(self, text, timeout_s=60):
        return self.see(lambda s: s.other and text in s.text, f"“{text}” on the screen", timeout_s)

    def resize(self, rows, columns):
        with self._lock:
            self.screens.resize(rows, columns)
            self._size(rows, columns)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait(self, timeout_s=60):
        """The exit code, once all that was written is here."""
        code = self.process.wait(timeout_s)
        # What is written after this was written last.
        os.write(self.slave, b"\x1b[?2004l")
        self.see(lambda s: self.raw.endswith("\x1b[?2004l"), "the end of the output", 20)
        return code

    def as_before(self):
        """Whether keys are read as they were."""
        return termios.tcgetattr(self.slave)[:4] == self.settings[:4]
