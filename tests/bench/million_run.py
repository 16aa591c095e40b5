# A million devices of the virtual world with their twin, each reporting once a simulated minute for ten: what a
# device takes, and whether time grows no worse than n log n. There is no floor: the smallest fleet's time is it.
import math
import os
import subprocess
import sys

SIZES = (1 / 100, 1 / 10, 1)  # of the largest fleet
LIMIT_KIB = 12


def one_run(b, devices):
    """CPU seconds, and the most octets that were resident."""
    words = [b.arguments.binary, "run", "--virtual", "--devices", str(devices), "--ramp", "100000/s",
             "--interval", "60s", "--duration", "10m", "--seed", "7", "--quiet", "--metrics", "off"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def million(b):
    least = None
    for devices in (round(b.arguments.most_devices * size) for size in SIZES):
        cpu, resident = one_run(b, devices)
        work = devices * math.log(devices)
        each = resident / devices / 1024
        name = f"{devices:,} virtual devices, 10 min"
        if least is None:
            least = cpu / work
            print(f"{name}: {cpu:.3f} s CPU, and n log n of it is what the others are held against")
        else:
            b.row(name, "s CPU", cpu, least * work, "≤ 1 ×", cpu <= least * work)
        print(f"  ({resident / 1048576:.0f} MiB, {each:.2f} KiB a device, {cpu * 1e6 / devices:.1f} µs CPU)")
    b.row("memory of the largest (with twin)", "KiB a device", each, None, f"≤ {LIMIT_KIB} KiB",
          each <= LIMIT_KIB)
