# What a scrape of a fleet of 10,000 costs: how long the page takes while its devices report, how
# large it is, and whether it moves the fleet's own p99. There is no floor: what a second with a
# scrape is held against are the seconds without one beside it, in the same run, in the order A B B
# A, so that neither a drift nor what else the machine does falls on one side. The twin is a process
# of its own: both in one would need more descriptors than most hard limits allow.
import json
import statistics
import sys
import time
import urllib.request

from process import Process, free_port

DEVICES = 10_000
RAMP_S = 10
SETTLE_S = 5    # behind the ramp, before anything counts
TIMES = 6       # as many seconds are looked at as --seconds says, so often
LIMIT_MS = 20
MOVED = 1.1     # × the p99 of the seconds without a scrape


class Page:
    """One answer of /metrics, and what it took."""

    def __init__(self, port):
        begin = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            octets = answer.read()
        self.at = time.monotonic()
        self.ms = (self.at - begin) * 1e3
        self.octets = len(octets)
        self._lines = octets.decode().splitlines()

    def sum(self, name, label=""):
        """Of all series of that name, with that label if one is given; None where there is none."""
        values = [float(line.rpartition(" ")[2]) for line in self._lines
                  if line.partition(" ")[0].partition("{")[0] == name and label in line]
        return sum(values) if values else None


class Clock:
    """The run's time by the clock of this process, from what its pages say."""

    def __init__(self, fleet, port):
        self._zero = None
        end = time.monotonic() + RAMP_S / 2
        while time.monotonic() < end:
            if not fleet.running():
                sys.exit(f"the fleet ended: {fleet.error_output}")
            time.sleep(0.13)
            try:
                page = Page(port)
            except OSError:
                continue  # it does not listen yet
            elapsed = page.sum("fleet_run_elapsed_seconds")
            if elapsed:  # told ten times a second, so the latest word is the best
                zero = page.at - elapsed
                self._zero = zero if self._zero is None else min(self._zero, zero)
        if self._zero is None:
            sys.exit("the fleet showed no metrics")

    def now(self):
        return time.monotonic() - self._zero

    def wait_for(self, second):
        time.sleep(max(0.0, second - self.now()))


def asked_in(second):
    """A B B A: every second one, and as often before its neighbour as behind it."""
    return second % 4 in (1, 2)


def watch(fleet, port, seconds):
    """Asks in the middle of every other second: the pages, and when each came."""
    clock = Clock(fleet, port)
    pages = []
    for second in range(RAMP_S + SETTLE_S, seconds):
        clock.wait_for(second + 0.5)
        if not asked_in(second):
            continue
        if not fleet.running():
            sys.exit(f"the fleet ended at {second} s: {fleet.error_output}")
        page = Page(port)
        online = page.sum("fleet_devices", 'phase="online"')
        if online != DEVICES:
            sys.exit(f"{online:.0f} of {DEVICES} devices are online at {second} s")
        pages.append((clock.now(), page))
    return pages


def points(facts, begin, end):
    """The seconds of a run between two of them: from, to, and the p99 of what ended in each."""
    series = facts["series"]
    if series["every_s"] != 1:
        sys.exit("the run's points are longer than a second; give fewer --seconds")
    ends = series["at_s"]
    return [(before, to, p99 * 1e3) for before, to, p99
            in zip([0.0] + ends, ends, series["publish_ack_p99_s"])
            if before >= begin and to <= end and p99 is not None]


def one_run(b):
    """A run: the p99 of its seconds with a scrape, of those without, and the pages."""
    report = b.folder / "scrape.json"
    report.unlink(missing_ok=True)
    port = free_port()
    seconds = RAMP_S + SETTLE_S + TIMES * b.arguments.seconds
    with Process([b.arguments.binary, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin",
                  "127.0.0.1:0"]) as twin:
        at = twin.wait_for_line(lambda line: line.startswith("mqtt "), "its address").split()[1]
        words = [b.arguments.binary, "run", "--devices", DEVICES, "--target", f"mqtt://{at}",
                 "--interval", "10s", "--ramp", f"{DEVICES // RAMP_S}/s", "--duration",
                 f"{seconds + 1}s", "--seed", "7", "--quiet", "--metrics", f"127.0.0.1:{port}",
                 "--json", report]
        with Process(words) as fleet:
            pages = watch(fleet, port, seconds)
            while fleet.running():
                time.sleep(0.1)
            if fleet.code != 0:
                sys.exit(f"{' '.join(fleet.command)}: exit {fleet.code}\n{fleet.error_output}")
    asked, alone = [], []
    for before, to, p99 in points(json.loads(report.read_text()), RAMP_S + SETTLE_S, seconds):
        hit = any(before < at <= to for at, _ in pages)
        (asked if hit else alone).append(p99)
    if abs(len(asked) - len(alone)) > max(2, seconds // 10):
        sys.exit(f"{len(asked)} seconds with a scrape, {len(alone)} without: not one of two")
    return asked, alone, [page for _, page in pages]


def scrape_cost(b):
    asked, alone, pages = [], [], []
    for _ in range(b.arguments.rounds):
        for into, new in zip((asked, alone, pages), one_run(b)):
            into += new
    times = sorted(page.ms for page in pages)
    value = statistics.median(times)
    b.row(f"scrape of {DEVICES} devices", "ms", value, None, f"≤ {LIMIT_MS} ms", value <= LIMIT_MS)
    value = times[len(times) * 19 // 20]
    b.row("all scrapes but one in twenty", "ms", value, None, f"≤ {LIMIT_MS} ms",
          value <= LIMIT_MS)
    print(f"  ({len(times)} scrapes of {max(page.octets for page in pages) / 1024:.0f} KiB, the "
          f"slowest {times[-1]:.1f} ms; the fleet has {pages[-1].sum('process_open_fds'):.0f} of "
          f"{pages[-1].sum('process_max_fds'):.0f} descriptors open)")
    value, floor = statistics.median(asked), statistics.median(alone)
    b.row("publish p99 of seconds with a scrape", "ms", value, floor, f"≤ {MOVED} ×",
          value <= MOVED * floor)
    first, second = (statistics.median(alone[i::2]) for i in (0, 1))
    print(f"  ({len(asked)} such seconds and {len(alone)} without one; of those, one half to the "
          f"other: {max(first, second) / min(first, second):.2f} ×)")
