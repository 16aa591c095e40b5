#!/usr/bin/env python3
# Writes the dashboards and the alert rules beside itself, from pages.py and alerts.py. `--check`
# writes nothing and says which file is not what it would write. Python's standard library only.
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from alerts import ALERTS, expression, text_of  # noqa: E402
from pages import all_pages                     # noqa: E402


def json_text(page):
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


def quoted(text):
    return json.dumps(text, ensure_ascii=False)  # JSON's strings are YAML's


def rules_text():
    out = ["# Alerts on a fleet, written by make.py. What each means and what to do is in its "
           "description.", "groups:", "  - name: fleet", "    rules:"]
    for alert in ALERTS:
        out += [f"      - alert: {alert['alert']}", "        expr: >-"]
        out += ["          " + line for line in wrapped(expression(alert))]
        out += [f"        for: {alert['for']}", "        labels:",
                f"          severity: {alert['severity']}", "        annotations:",
                "          summary: >-"]
        out += ["            " + line for line in wrapped(alert["summary"])]
        out += ["          description: |-"]
        out += ["            " + line for line in text_of(alert)]
    return "\n".join(out) + "\n"


def wrapped(text, width=84):
    """Broken at blanks; a folded scalar puts them back."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


LABELS_OF = {"FleetHomeLagging": {"home": "0"}, "FleetAcksSlow": {"protocol": "mqtt"},
             "FleetCorruption": {"direction": "uplink"}, "FleetDevicesDead": {"product": "p"},
             "FleetTwinDrops": {"reason": "queue"}, "FleetTwinTurnsAway": {"result": "over_limit"},
             "FleetTwinStoreFails": {"result": "failed"}}


def labels_when_fired(alert):
    """Of the instance `a` in its series."""
    labels = {"instance": "a", **LABELS_OF.get(alert["alert"], {})}
    if 'job="fleet"' in alert["value"]:
        labels["job"] = "fleet"
    return labels


def tests_text():
    out = ["# promtool test rules: each alert fires on what it is for, and keeps quiet on what is",
           "# like it and healthy. Written by make.py.", "rule_files:", "  - alerts.yml",
           "evaluation_interval: 15s", "tests:"]
    for alert in ALERTS:
        labels = labels_when_fired(alert)
        told = re.sub(r"{{ \$labels\.(\w+) }}", lambda m: labels[m.group(1)], alert["summary"])
        for word in ("fires", "quiet"):
            out += [f"  - name: {alert['alert']} {word}", "    interval: 15s",
                    "    input_series:"]
            for series, values in alert[word].items():
                out += [f"      - series: {quoted(series)}", f"        values: {quoted(values)}"]
            out += ["    alert_rule_test:", "      - eval_time: 15m30s",
                    f"        alertname: {alert['alert']}"]
            if word == "quiet":
                out += ["        exp_alerts: []"]
                continue
            out += ["        exp_alerts:", "          - exp_labels:",
                    f"              severity: {alert['severity']}"]
            out += [f"              {name}: {quoted(value)}" for name, value in labels.items()]
            out += ["            exp_annotations:", f"              summary: {quoted(told)}",
                    "              description: |-"]
            out += ["                " + line for line in text_of(alert)]
    return "\n".join(out) + "\n"


def files():
    """Path → text of all that is written."""
    out = {HERE / "grafana" / f"{name}.json": json_text(page)
           for name, page in all_pages().items()}
    out[HERE / "alerts.yml"] = rules_text()
    out[HERE / "alerts_test.yml"] = tests_text()
    return out


def main():
    wrong = [path for path, text in files().items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in wrong:
            print(f"{path.relative_to(HERE)}: not as make.py writes it; run it")
        return 1 if wrong else 0
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
