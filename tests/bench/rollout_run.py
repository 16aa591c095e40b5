# A rollout beside curl: 5,000 devices take a 1 MiB image from the embedded twin over HTTPS, 500 at
# a time; curl fetches as many octets as often from nginx, each over a connection of its own with
# the same versions of TLS and the same kind of certificate. All of the run counts (devices, twin,
# MQTT, digests, flash), of the other side curl alone, in one process, so that starting it does not.
import json
import os
import subprocess
import sys

from process_peers import Nginx, find_tool

DEVICES = 5000
IMAGE = 1 << 20
CURLS_AT_ONCE = 500

SCENARIO = f"""
name: rollout beside curl
duration: 10m
devices: {DEVICES}
products:
  - name: led
    firmware: {{version: 1.0.0, size: 64KiB, boot_time: 1s}}
    report: []
stages:
  - ramp: {{rate: 2000/s}}
rollouts:
  - {{version: 2.0.0, size: {IMAGE}, sign: sha256, at: 4s, under_way: 500}}
"""


def run_fleet(b):
    """The run's facts, with the CPU that it took as the kernel counts it."""
    scenario = b.folder / "rollout.yaml"
    scenario.write_text(SCENARIO.replace("10m", f"{b.arguments.rollout_seconds}s"))
    report = b.folder / "rollout.json"
    words = [b.arguments.binary, "run", "--scenario", str(scenario), "--seed", "7", "--metrics",
             "off", "--quiet", "--json", str(report)]
    with open(b.folder / "rollout.err", "w+", encoding="utf-8") as errors:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {process.returncode}\n{errors.read()}")
    facts = json.loads(report.read_text())
    facts["measured"] = {"cpu_s": usage.ru_utime + usage.ru_stime}
    return facts


def run_curl(b, server):
    """CPU seconds of curl for as many downloads."""
    url = f"https://localhost:{server.tls_port}/fw.bin"
    config = b.folder / "curl.txt"
    config.write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n'
                              for _ in range(CURLS_AT_ONCE)))
    cpu = 0.0
    for _ in range(DEVICES // CURLS_AT_ONCE):
        process = subprocess.Popen([find_tool("curl"), "-s", "-f", "--cacert", str(b.authority.ca),
                                    "--no-sessionid", "-H", "Connection: close", "-K",
                                    str(config)])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"curl ended with {process.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
    return cpu


def rollout(b):
    if find_tool("nginx") is None or find_tool("curl") is None:
        sys.exit("nginx or curl is not installed: apt-get install nginx-light curl")
    with Nginx(b.folder.path, b.authority) as server:
        (server.root / "fw.bin").write_bytes(os.urandom(IMAGE))
        floor = run_curl(b, server)
    facts = run_fleet(b)
    done = facts["rollouts"][0]["succeeded"]
    if done != DEVICES or facts["firmware"]["results"]["succeeded"] != DEVICES:
        sys.exit(f"{done} of {DEVICES} devices took the image")
    process = facts["process"]
    memory = (process["rss_max_bytes"] - process["rss_start_bytes"]) / DEVICES / 1024
    value = facts["measured"]["cpu_s"]
    b.row(f"rollout, {DEVICES} × 1 MiB over HTTPS", "ms CPU each", value * 1e3 / DEVICES,
          floor * 1e3 / DEVICES, "≤ 2 ×", value <= 2 * floor)
    b.row("memory at most during it (with twin)", "KiB a device", memory, None, "≤ 24 KiB",
          memory <= 24)
    print(f"  (it took {facts['rollouts'][0]['took_s']:.1f} s from its beginning to its end)")
