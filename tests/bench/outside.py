# What a process costs, seen from outside: by wait4(2) and /proc, never by its own word. A command
# may be several processes: whatever belongs to the session it was started in counts.
import os
import signal
import subprocess
import time

KIB = 1024
TICKS = os.sysconf("SC_CLK_TCK")


def wait_and_watch(process, watch):
    """wait4(2) with a look at the process now and then."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG if watch else 0)
        if pid != 0:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        watch(process.pid)
        time.sleep(0.02)


def resident_bytes(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


def peak_bytes(pid):
    """The most resident octets so far (VmHWM): what a look in between would miss is in it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return next((int(line.split()[1]) * KIB for line in f if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def proportional_bytes(pid):
    """Resident octets, those shared with other processes in parts (Pss)."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            return next((int(line.split()[1]) * KIB for line in f if line.startswith("Pss:")), 0)
    except OSError:
        return 0


def stat_fields(pid):
    """What stands behind the name in /proc/PID/stat; nothing once the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()
    except OSError:
        return None


def cpu_seconds(pid):
    """User and system time so far; nothing once the process is gone."""
    fields = stat_fields(pid)
    return fields and (int(fields[11]) + int(fields[12])) / TICKS


def scheduled_seconds(pid):
    """CPU time of the threads that live, to the nanosecond, where the kernel tells it: ticks are too
    coarse for a process that wakes now and then."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
    except OSError:
        pass
    return total / 1e9


class Session:
    """A command with all that it starts, in a session of their own; ended as a whole."""

    def __init__(self, command, errors):
        self._errors = open(errors, "w+", encoding="utf-8")
        self._process = subprocess.Popen([str(word) for word in command], start_new_session=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=self._errors)
        self._id = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self._errors.close()

    def running(self):
        return self._process.poll() is None

    def complaint(self):
        """Ends it; its exit code and the last of what it wrote to standard error."""
        self.end()
        self._errors.seek(0)
        return f"exit {self._process.returncode}\n{self._errors.read()[-2000:]}"

    def members(self):
        found = []
        for name in os.listdir("/proc"):
            fields = stat_fields(name) if name.isdigit() else None
            if fields and int(fields[3]) == self._id:
                found.append((int(name), fields))
        return found

    def cpu_s(self):
        """Of those that live and of those that they have waited for."""
        total = 0.0
        for pid, fields in self.members():
            own, waited = (sum(int(field) for field in fields[at:at + 2]) / TICKS for at in (11, 13))
            total += max(own, scheduled_seconds(pid)) + waited
        return total

    def memory_bytes(self):
        return sum(proportional_bytes(pid) for pid, _ in self.members())

    def _signal(self, number):
        try:
            os.killpg(self._id, number)
        except ProcessLookupError:
            pass

    def end(self, patience_s=15):
        """SIGTERM to all, SIGKILL to who does not go."""
        self._signal(signal.SIGTERM)
        limit = time.monotonic() + patience_s
        while (self.running() or self.members()) and time.monotonic() < limit:
            time.sleep(0.02)
        if self.running() or self.members():
            self._signal(signal.SIGKILL)
        self._process.wait()
