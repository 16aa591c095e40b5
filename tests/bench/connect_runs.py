# How fast connections come: many devices online, and a storm of reconnections over TLS, with and
# without the session of the connection before. Both sides are seen alike, by the descriptors of the
# broker; the floor takes its turn beside the program in every round.
import os
import signal
import statistics
import subprocess
import sys
import time

from outside import cpu_seconds

ONLINE = 19_000
ONLINE_S = 1.5        # all of them, on a machine so quiet that the floor takes 0.7 to 0.9
QUIET_S = 0.9
ONLINE_TIMES = 1.5 / 0.8
STORM = 6_000
STORM_RATE = 3_500    # handshakes a second, where the floor has so many and a fifth more
STORM_SHARE = 0.8
STORM_MOST_S = 120    # for a storm and the connects before it, on a busy machine
# A session that an earlier round left on the broker would be discarded first, by two connects more.
ONE_CONNECT = ("--interval", "off", "--clean-session")


def descriptors(pid):
    """How many are open. Linux 6.2 tells it as the folder's size, which costs nothing."""
    folder = f"/proc/{pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))


def settled(pid):
    """Descriptors once the broker has buried the connections of the run before."""
    lately = [descriptors(pid)]
    while len(lately) < 4 or len(set(lately[-4:])) > 1:
        time.sleep(0.2)
        lately.append(descriptors(pid))
    return lately[-1]


class Arrivals:
    """Sees from the broker's descriptors how fast connections arrive: from over `begin` of them to
    the last one, and from the first look, which is the program's start, to the last one."""

    def __init__(self, broker, wanted, begin=100, base=None):
        self._pid = broker.process.pid
        self.base = settled(self._pid) if base is None else base
        self._wanted = wanted
        self._begin = begin
        self._started = None
        self._from = None
        self.rate = None
        self.took_s = None

    def count(self):
        return descriptors(self._pid) - self.base

    def look(self, _=None):
        if self.rate is not None:
            return
        count = self.count()
        now = time.monotonic()
        self._started = self._started or now
        if self._from is None and count > self._begin:
            self._from = (now, count)
        if count >= self._wanted:
            self.took_s = now - self._started
            self.rate = (count - self._from[1]) / max(1e-6, now - self._from[0])


class Storm:
    """All there, nearly all gone, all back: how fast they came the second time, and for how much
    CPU of the process. `tear()` is called when all are there, `done(pid)` when all are back."""

    def __init__(self, broker, wanted, tear=lambda: None, done=lambda pid: None):
        self._broker, self._wanted, self._tear, self._done = broker, wanted, tear, done
        self._first = Arrivals(broker, wanted)
        self._back = None
        self._cpu = None
        self.rate = None
        self.cpu_us = None

    def look(self, pid):
        if self._first.rate is None:
            self._first.look()
            if self._first.rate is not None:
                self._tear()
        elif self._back is None:
            if self._first.count() < self._wanted // 10:
                self._cpu = cpu_seconds(pid)
                self._back = Arrivals(self._broker, self._wanted, self._wanted // 8,
                                      self._first.base)
        elif self.rate is None:
            self._back.look()
            if self._back.rate is not None:
                self.rate = self._back.rate
                self.cpu_us = (cpu_seconds(pid) - self._cpu) * 1e6 / self._wanted
                self._done(pid)


def connect_rate(b):
    """Plain TCP, one loop against one loop, 60 pending at most, both ends seen alike: by the
    broker. First CONNECT and CONNACK alone, then with the SUBSCRIBE of each device that listens."""
    count = 5000
    for name, subscribe, words in (("connects", 0, ("--down-topic", "off")),
                                   ("connects with a subscription", 1, ())):
        fleets, floors, own = [], [], []
        for _ in range(2 * b.arguments.rounds - 1):  # short, and at the mercy of what else runs
            arrivals = Arrivals(b.broker, count)
            b.fleet(count, 4, "--homes", "1", *ONE_CONNECT, *words, watch=arrivals.look)
            fleets.append(arrivals.rate or 0)
            arrivals = Arrivals(b.broker, count)
            b.floor("idle", connections=count, subscribe=subscribe, duration=1,
                    watch=arrivals.look)
            floors.append(arrivals.rate or 0)
            own.append(b.floor("connect", connections=count, subscribe=subscribe)["rate"])
        value, floor = statistics.median(fleets), statistics.median(floors)
        b.row(name, "a second", value, floor, "≥ 0.7 ×", value >= 0.7 * floor)
        print(f"  (the floor's own word for its rate: {statistics.median(own):.0f} a second)")


def online(b):
    """From the program's start to the last of 19,000 devices, the program as it comes. The seconds
    count where the machine is quiet, the ratio everywhere."""
    fleets, floors = [], []
    for _ in range(b.arguments.rounds):
        arrivals = Arrivals(b.broker, ONLINE)
        b.fleet(ONLINE, 8, *ONE_CONNECT, "--down-topic", "off", watch=arrivals.look)
        fleets.append(arrivals.took_s or 8)
        arrivals = Arrivals(b.broker, ONLINE)
        b.floor("idle", connections=ONLINE, duration=1, watch=arrivals.look)
        floors.append(arrivals.took_s)
    value, floor = statistics.median(fleets), statistics.median(floors)
    quiet = floor <= QUIET_S
    b.row(f"{ONLINE} devices online", "s", value, floor,
          f"≤ {ONLINE_S} s" if quiet else f"≤ {ONLINE_TIMES:.2f} ×",
          value <= (ONLINE_S if quiet else ONLINE_TIMES * floor))


def tls_handshake(b):
    """CPU of a TLS connect less that of a plain one, on both sides; few and many connects, so that
    starting the program cancels out."""
    few, many = 200, 200 + 100 * b.arguments.seconds
    fleets, floors = [], []
    for _ in range(b.arguments.rounds):
        each = {}
        for tls in (False, True):
            cpu = [b.fleet(n, 4 + n // 300, *ONE_CONNECT, tls=tls)["measured"]["cpu_s"]
                   for n in (few, many)]
            each[tls] = (cpu[1] - cpu[0]) / (many - few)
        fleets.append((each[True] - each[False]) * 1e6)
        each = {tls: b.floor("connect", connections=many, tls=tls)["cpu_us_each"]
                for tls in (False, True)}
        floors.append(each[True] - each[False])
    value, floor = statistics.median(fleets), statistics.median(floors)
    b.row("TLS handshake, verified", "µs CPU each", value, floor, "≤ 1.2 ×", value <= 1.2 * floor)


def fleet_storm(b, version, resuming):
    """Strict devices resume, those that behave as the vendor's 2018 SDK do not."""
    control = b.folder / "run.sock"
    storm = Storm(b.broker, STORM,
                  tear=lambda: subprocess.run([b.arguments.binary, "fault", "add", "reset", "--run",
                                               control], stdout=subprocess.DEVNULL, check=True),
                  done=lambda pid: os.kill(pid, signal.SIGINT))
    b.fleet(STORM, STORM_MOST_S, *ONE_CONNECT, "--down-topic", "off", "--tls-version", version,
            "--behaviour", "strict" if resuming else "sdk", "--control", str(control), tls=True,
            watch=storm.look, codes=(0, 130))
    return storm


def floor_storm(b, version, resuming):
    storm = Storm(b.broker, STORM)
    said = b.floor("reconnect", connections=STORM, tls=True, tls_version=version,
                   resume=int(resuming), watch=storm.look)
    if resuming and said["resumed"] != STORM:
        sys.exit(f"the floor resumed {said['resumed']} sessions of {STORM}")
    return storm


def tls_resume(b):
    """All connections torn, all back: TLS 1.2, which the vendor's SDK speaks, and 1.3, whose
    resumption has a key exchange of its own. Beside it what full handshakes make of the same."""
    for version in ("1.2", "1.3"):
        rates, cpu = {}, {}
        for _ in range(b.arguments.rounds):
            for resuming in (True, False):
                for who, run in (("fleet", fleet_storm), ("floor", floor_storm)):
                    storm = run(b, version, resuming)
                    if storm.rate is None:
                        sys.exit(f"{who}: not all of {STORM} came back over TLS {version}")
                    rates.setdefault((who, resuming), []).append(storm.rate)
                    cpu.setdefault((who, resuming), []).append(storm.cpu_us)
        for resuming in (True, False):
            what = "resumed" if resuming else "full handshakes"
            value, floor = (statistics.median(rates[who, resuming]) for who in ("fleet", "floor"))
            quiet = floor * STORM_SHARE >= STORM_RATE
            bar, good = f"≥ {STORM_SHARE} ×", value >= STORM_SHARE * floor
            if not resuming:
                bar, good = "–", True  # `tls` judges their cost
            elif quiet and version == "1.2":
                bar, good = f"≥ {STORM_RATE}", value >= STORM_RATE
            b.row(f"storm over TLS {version}, {what}", "a second", value, floor, bar, good)
            b.row("  and its CPU", "µs each", *(statistics.median(cpu[who, resuming])
                                              for who in ("fleet", "floor")), "–", True)
