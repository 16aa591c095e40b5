# A program's page of metrics, as a test looks at it. Python's standard library only.
import re
import urllib.request


def metric(port, name, label=""):
    """A sum over the series of a family that bear the label; 0 while the page is not there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            text = page.read().decode()
    except OSError:
        return 0
    series = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.M)
    return sum(float(value) for labels, value in series if label in labels)
