# Whole runs of devices that post by CoAP, against `fleet cloud serve` in a process of its own: what
# an idle one holds, what a post costs beside a publish of QoS 1 to the same twin, and how many the
# virtual world takes. There is no floor for them: the bars are the design's.
import json
import os
import statistics
import subprocess
import sys
import time

from process import Process

KIB = 1024
GIB = 1024 ** 3
ADMIN = "127.0.0.1:0"


class PostTwin(Process):
    """The twin with its doors for MQTT and CoAP on free ports."""

    DOORS = ("mqtt", "coap", "coaps")

    def __init__(self, b):
        certificate, key = b.authority.server("coap")
        self.trust = ["--cafile", str(b.authority.ca), "--server-name", "localhost"]
        super().__init__([b.arguments.binary, "cloud", "serve", "--cert", certificate, "--key",
                          key, "--admin", ADMIN,
                          *(word for door in self.DOORS for word in (f"--{door}", "127.0.0.1:0"))])
        self.addresses = {}
        while not set(self.DOORS) <= set(self.addresses):
            name, address = self.wait_for_line(lambda text: len(text.split()) == 2,
                                               "its addresses").split()
            self.addresses[name] = address

    def target(self, door):
        return ["--target", f"{door}://{self.addresses[door]}",
                *(self.trust if door == "coaps" else [])]


def post_run(b, devices, duration_s, *words, watch=None):
    """One `fleet run`: its facts and the CPU it took. `watch(pid)` looks at it now and then."""
    report = b.folder / "posts.json"
    report.unlink(missing_ok=True)
    command = [b.arguments.binary, "run", "--devices", str(devices), "--duration",
               f"{duration_s}s", "--seed", "7", "--metrics", "off", "--quiet", "--json",
               str(report), *(str(word) for word in words)]
    with open(b.folder / "posts.err", "w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        pid = 0
        while pid == 0:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG if watch else 0)
            if pid == 0:
                watch(process.pid)
                time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{errors.read()}")
    facts = json.loads(report.read_text())
    facts["measured"] = {"cpu_s": usage.ru_utime + usage.ru_stime}
    if facts["devices"]["online_max"] != devices:
        sys.exit(f"{' '.join(command)}: {facts['devices']['online_max']} of {devices} came online")
    return facts


def steady(b, twin, door, devices, resident_bytes):
    """Resident octets in the last quarter of a run without reports."""
    samples = []
    rate = 500
    post_run(b, devices, 10 + devices // rate, *twin.target(door), "--interval", "off", "--ramp",
             f"{rate}/s", watch=lambda pid: samples.append(resident_bytes(pid)))
    samples = [s for s in samples if s > 0]
    return statistics.median(samples[len(samples) * 3 // 4:])


def idle_posting_memory(b, resident_bytes):
    """RSS growth ÷ devices between a small fleet and one of 5,000."""
    few, many = 500, 5000
    with PostTwin(b) as twin:
        for name, door, bar in (("idle memory, CoAP", "coap", 5),
                                ("idle memory, CoAP over DTLS", "coaps", 20)):
            grown = (steady(b, twin, door, many, resident_bytes)
                     - steady(b, twin, door, few, resident_bytes))
            value = grown / (many - few) / KIB
            b.row(name, "KiB a device", value, None, f"≤ {bar} KiB", value <= bar)


def virtual_posting_memory(b, peak_bytes):
    """The most that 100,000 CoAP devices and their twin hold in the virtual world."""
    peak = [0]

    def look(pid):
        peak[0] = max(peak[0], peak_bytes(pid))

    post_run(b, 100_000, 180, "--virtual", "--protocol", "coap", "--interval", "60s", "--ramp",
             "10000/s", watch=look)
    value = peak[0] / GIB
    b.row("100000 virtual CoAP devices (with twin)", "GiB", value, None, "≤ 1 GiB", value <= 1)


def cpu_per_post(b):
    """Client CPU of an acknowledged report, MQTT QoS 1 and confirmable CoAP alike: two runs that
    differ in length alone. For information: nothing else does the same work."""
    devices, short = 1000, 6
    long = short + b.arguments.seconds
    with PostTwin(b) as twin:
        for door, name in (("mqtt", "MQTT QoS 1"), ("coap", "CoAP"), ("coaps", "CoAP over DTLS")):
            each = []
            for _ in range(b.arguments.rounds):
                runs = [post_run(b, devices, s, *twin.target(door), "--interval", "200ms",
                                 "--qos", "1", "--ramp", "1000/s") for s in (short, long)]
                cpu = [r["measured"]["cpu_s"] for r in runs]
                done = [r["ledger"]["uplink"]["acknowledged"] for r in runs]
                each.append((cpu[1] - cpu[0]) * 1e6 / (done[1] - done[0]))
            print(f"report to the twin, {name}: {statistics.median(each):.1f} µs CPU each",
                  flush=True)
