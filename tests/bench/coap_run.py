# One CoAP report with many sessions beside one with few: what the twin spends on it, a session for
# each of 20,000 source addresses on one socket, must hardly depend on their number. Both are held at
# once by one program (coap/sessions.cpp), and measured in turn.
import json
import pathlib
import subprocess
import sys

FEW, MANY = 1000, 20000
BURST = 256  # reports that come together: a home takes 32 at once


def measure(b, *words):
    program = pathlib.Path(b.arguments.floor).with_name("coap_sessions")
    done = subprocess.run([program, str(FEW), str(MANY), str(7 * b.arguments.rounds), *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{program}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def coap_sessions(b):
    """The floor here is the same with few sessions. What counts is the median of the ratios of
    rounds that stood beside each other; the kernel's part, by a server that keeps nothing, is
    printed too."""
    for burst, together in ((BURST, "many at once"), (1, "one at a time")):
        for name, words in (("the kernel's part", ("bare",)), ("plain", ()), ("DTLS", ("dtls",))):
            seen = measure(b, str(burst), *words)
            b.row(f"CoAP, {MANY} beside {FEW}, {together}, {name}", "µs CPU a report",
                  seen["many_us"], seen["few_us"], "–", True)
            if words != ("bare",):
                b.row("  the ratio of neighbours", "×", seen["ratio"], None, "≤ 1.2",
                      seen["ratio"] <= 1.2)
