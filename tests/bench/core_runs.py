# What a core carries: messages a second where the broker is the limit, the CPU of a given rate, and
# both beside foreign load generators under the same load. Measured from outside: CPU and memory of
# all processes of a command, messages by the broker's own count ($SYS).
import dataclasses
import os
import pathlib
import shlex
import socket
import statistics
import string
import subprocess
import sys
import threading
import time

from connect_runs import descriptors, settled
from outside import KIB, Session
from process_peers import find_tool

PAYLOAD_BYTES = 128
SETTLE_S = 2
CONNECT_S = 120
SHARE_LIMIT = 30      # % of a core at 10,000 messages a second
FLOOR_SHARE = 18      # where the floor takes so much
RECEIVED = "$SYS/broker/publish/messages/received"
# One connection a process is all it has; each process is the C library's client at its plainest.
MOSQUITTO_PUB = ("sh -c 'for i in $(seq {connections}); do mosquitto_pub -h {host} -p {port} -q 1"
                 " -t {topic}/$i -m {payload} --repeat {messages} --repeat-delay {interval_s} &"
                 " done; wait'")
MOSQUITTO_PUB_CONNECTIONS = 100
# MQTT.js as Debian installs it (node-mqtt), or where NODE_PATH says: all connections in one process.
NODE_PATH = ":".join(filter(None, [os.environ.get("NODE_PATH"), "/usr/share/nodejs"]))
MQTT_JS = (f"env NODE_PATH={shlex.quote(NODE_PATH)} node"
           f" {shlex.quote(str(pathlib.Path(__file__).with_name('peers') / 'mqtt_js.js'))}"
           " {host} {port} {connections} {interval_ms} {seconds} {topic} {payload}")


@dataclasses.dataclass(frozen=True)
class Load:
    """QoS 1 messages, each connection its own every `interval_ms`."""
    connections: int
    interval_ms: float
    seconds: int

    @property
    def rate(self):
        return self.connections * 1000 / self.interval_ms


@dataclasses.dataclass
class Seen:
    """What was seen of a command under a load."""
    rate: float           # messages a second that the broker took
    cpu_share: float      # of one core
    memory_bytes: int

    @property
    def cpu_us(self):
        return self.cpu_share * 1e6 / self.rate


class BrokerCount:
    """Subscribed to a counter of the broker: its values as they come, with their time."""

    def __init__(self, port, topic=RECEIVED):
        self._socket = socket.create_connection(("127.0.0.1", port))
        name, wanted = b"bench-count", topic.encode()
        head = b"\0\4MQTT\4\2\0\0" + len(name).to_bytes(2, "big") + name
        ask = b"\0\1" + len(wanted).to_bytes(2, "big") + wanted + b"\0"
        for kind, body in ((b"\x10", head), (b"\x82", ask)):  # CONNECT and SUBSCRIBE
            self._socket.sendall(kind + bytes([len(body)]) + body)
        self._values = []
        self._new = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self._socket.makefile("rb") as stream:
            while len(head := stream.read(2)) == 2:
                body = stream.read(head[1])  # all that comes here is short
                if head[0] >> 4 == 3:
                    value = int(body[2 + int.from_bytes(body[:2], "big"):])
                    with self._new:
                        self._values.append((time.monotonic(), value))
                        self._new.notify_all()

    def next(self, timeout_s=10):
        """The time and value of the next one that comes."""
        with self._new:
            count = len(self._values)
            if not self._new.wait_for(lambda: len(self._values) > count, timeout_s):
                sys.exit("the broker's count of messages stands still")
            return self._values[-1]

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()


def watch(command, load, broker, errors):
    """Lets a command run until its connections stand, and looks at it for the load's seconds,
    from one word of the broker's to another."""
    base = settled(broker.process.pid)
    with Session(command, errors) as session:
        limit = time.monotonic() + CONNECT_S
        while descriptors(broker.process.pid) - base < load.connections:
            if not session.running() or time.monotonic() > limit:
                sys.exit(f"{' '.join(map(str, command))}: not all of {load.connections} connections"
                         f" came to stand: {session.complaint()}")
            time.sleep(0.02)
        time.sleep(SETTLE_S)
        count = BrokerCount(broker.port)
        count.next()  # the one before, which the broker kept
        (t0, n0), c0 = count.next(), session.cpu_s()
        t1 = t0
        while t1 - t0 < load.seconds - 0.5:
            t1, n1 = count.next()
        c1, memory = session.cpu_s(), session.memory_bytes()
        count.close()
    return Seen((n1 - n0) / (t1 - t0), (c1 - c0) / (t1 - t0), memory)


def whole_s(load):
    """How long a command must go on by itself."""
    return load.seconds + SETTLE_S + 30


def fleet_words(b, load):
    return b.fleet_command(load.connections, whole_s(load), "--interval", f"{load.interval_ms:g}ms",
                           "--qos", "1", "--payload-bytes", str(PAYLOAD_BYTES), "--down-topic",
                           "off", "--clean-session")


def floor_words(b, load):
    return b.floor_command("publish", connections=load.connections, duration=whole_s(load),
                           interval=load.interval_ms / 1000, payload_bytes=PAYLOAD_BYTES)


def peer_words(command, load, port):
    """The command of a peer with its placeholders filled in."""
    known = {"host": "127.0.0.1", "port": port, "connections": load.connections,
             "rate": f"{load.rate:g}", "interval_ms": f"{load.interval_ms:g}",
             "interval_s": f"{load.interval_ms / 1000:g}", "topic": "peer",
             "seconds": whole_s(load), "payload": "p" * PAYLOAD_BYTES,
             "payload_bytes": PAYLOAD_BYTES,
             "messages": int(whole_s(load) * 1000 / load.interval_ms)}
    for _, name, _, _ in string.Formatter().parse(command):
        if name is not None and name not in known:
            raise ValueError(f"--peer: {{{name}}} is not known; there are "
                             + ", ".join(f"{{{word}}}" for word in known))
    return shlex.split(command.format_map(known))


def has_mqtt_js():
    return bool(find_tool("node")) and subprocess.run(
        ["node", "-e", "require('mqtt')"], env={**os.environ, "NODE_PATH": NODE_PATH},
        capture_output=True, check=False).returncode == 0


def medians(b, commands, load):
    """Each command in turn, so many rounds; of each the medians."""
    seen = {name: [] for name in commands}
    for _ in range(b.arguments.rounds):
        for name, command in commands.items():
            seen[name].append(watch(command, load, b.broker, b.folder / "peer.err"))
    return {name: Seen(*(statistics.median(getattr(one, field.name) for one in all_of)
                         for field in dataclasses.fields(Seen)))
            for name, all_of in seen.items()}


def broker_bound(b):
    """As many messages as the broker takes: the floor has one under way on each of 1,000
    connections, the devices have half as many again due as the floor is answered. What counts is
    the ratio of neighbours: the broker's share of a busy machine changes from one to the next."""
    values, floors = [], []
    for _ in range(b.arguments.rounds):
        for words, seen in ((floor_words, floors), (fleet_words, values)):
            load = Load(1000, 0 if seen is floors else round(1e6 / (1.5 * floors[-1])),
                        b.arguments.seconds)
            seen.append(watch(words(b, load), load, b.broker, b.folder / "peer.err").rate)
    ratio = statistics.median(value / floor for value, floor in zip(values, floors))
    b.row("QoS 1, the broker the limit", "messages a second", statistics.median(values),
          statistics.median(floors), "≥ 0.8 ×", ratio >= 0.8)
    print(f"  (the ratio of neighbours: {ratio:.2f})")


def rate(b):
    """The CPU of 10,000 messages a second, of the program and of the floor."""
    load = Load(1000, 100, b.arguments.seconds)
    seen = medians(b, {"fleet": fleet_words(b, load), "floor": floor_words(b, load)}, load)
    value, floor = (100 * seen[who].cpu_share for who in ("fleet", "floor"))
    times = SHARE_LIMIT / FLOOR_SHARE
    b.row(f"QoS 1, {load.rate:.0f} a second", "% of a core", value, floor,
          f"≤ {SHARE_LIMIT} %, {times:.2f} ×", value <= min(SHARE_LIMIT, times * floor))
    taken = [f"{seen[who].rate:.0f}" for who in ("fleet", "floor")]
    print(f"  (a second, by the broker's count: {' and '.join(taken)})")


def memory_a_connection(b, words, load):
    """KiB that one connection more takes: many against a tenth of them."""
    few = dataclasses.replace(load, connections=max(1, load.connections // 10))
    grown = [watch(words(b, one), one, b.broker, b.folder / "peer.err").memory_bytes
             for one in (load, few)]
    return (grown[0] - grown[1]) / (load.connections - few.connections) / KIB


def peers(b):
    """Foreign load generators beside the program, under the same load."""
    loads = {command: Load(1000, 100, b.arguments.seconds) for command in b.arguments.peer}
    if find_tool("mosquitto_pub"):
        loads[MOSQUITTO_PUB] = Load(MOSQUITTO_PUB_CONNECTIONS, 100, b.arguments.seconds)
    if has_mqtt_js():
        loads[MQTT_JS] = Load(1000, 100, b.arguments.seconds)
    if not loads:
        print("no peer: apt-get install mosquitto-clients node-mqtt, or --peer 'COMMAND'")
    names = {MOSQUITTO_PUB: "mosquitto_pub", MQTT_JS: "MQTT.js"}
    for command, load in loads.items():
        name = names.get(command) or pathlib.Path(shlex.split(command)[0]).name
        theirs = peer_words(command, load, b.broker.port)
        seen = medians(b, {"fleet": fleet_words(b, load), "peer": theirs}, load)
        ours = seen["fleet"]
        print(f"beside {name}, {load.connections} connections, {ours.rate:.0f} and "
              f"{seen['peer'].rate:.0f} messages a second; in the floor's place the peer")
        value, peer = (1e6 / seen[who].cpu_us for who in ("fleet", "peer"))
        b.row(f"  throughput beside {name}", "messages a CPU second", value, peer, "≥ 1 ×",
              value >= peer)
        value = memory_a_connection(b, fleet_words, load)
        peer = memory_a_connection(b, lambda b, one: peer_words(command, one, b.broker.port), load)
        b.row(f"  memory beside {name}", "KiB a connection", value, peer, "≤ 1 ×", value <= peer)
