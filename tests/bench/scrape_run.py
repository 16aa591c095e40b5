# What a scrape of a fleet of 10,000 costs: how long the page takes while its devices report, and
# whether somebody who asks once a second moves the fleet's own p99. There is no floor: the fleet
# that nobody asks is what it is held against. The twin is a process of its own: both in one would
# need more descriptors than most hard limits allow.
import json
import statistics
import subprocess
import sys
import time
import urllib.request

from process import Process, free_port

DEVICES = 10_000
RAMP_S = 10
EVERY_S = 1
LIMIT_MS = 20


def scrape(port):
    """Milliseconds that one page took, and its octets."""
    begin = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
        size = len(page.read())
    return (time.perf_counter() - begin) * 1e3, size


def one_run(b, asked):
    """A run, with or without somebody who asks: its p99 in ms, and the pages."""
    report = b.folder / "scrape.json"
    report.unlink(missing_ok=True)
    port = free_port()
    seconds = RAMP_S + 2 * b.arguments.seconds
    with Process([b.arguments.binary, "cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin",
                  "127.0.0.1:0"]) as twin:
        at = twin.wait_for_line(lambda line: line.startswith("mqtt "), "its address").split()[1]
        words = [b.arguments.binary, "run", "--devices", str(DEVICES), "--target", f"mqtt://{at}",
                 "--interval", "10s", "--ramp", f"{DEVICES // RAMP_S}/s", "--duration",
                 f"{seconds}s", "--seed", "7", "--quiet", "--metrics", f"127.0.0.1:{port}",
                 "--json", str(report)]
        pages = []
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        begin = time.monotonic()
        while process.poll() is None:
            time.sleep(EVERY_S)
            steady = RAMP_S < time.monotonic() - begin < seconds - 1
            if asked and steady:
                pages.append(scrape(port))
        if process.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {process.returncode}")
    facts = json.loads(report.read_text())
    return facts["latency"]["publish_ack"]["p99"] * 1e3, pages


def scrape_cost(b):
    alone, watched, pages = [], [], []
    for _ in range(b.arguments.rounds):
        alone.append(one_run(b, False)[0])
        value, seen = one_run(b, True)
        watched.append(value)
        pages += seen
    times = [ms for ms, _ in pages]
    value = statistics.median(times)
    b.row(f"scrape of {DEVICES} devices", "ms", value, None, f"≤ {LIMIT_MS} ms",
          value <= LIMIT_MS)
    print(f"  ({len(times)} scrapes of {max(size for _, size in pages) / 1024:.0f} KiB, "
          f"the slowest {max(times):.1f} ms)")
    value, floor = statistics.median(watched), statistics.median(alone)
    b.row("publish p99 while it is scraped", "ms", value, floor, "≤ 1.1 ×", value <= 1.1 * floor)
