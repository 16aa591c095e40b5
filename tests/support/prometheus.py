# A real Prometheus with the committed configuration but for ports and pace, asked over its HTTP
# API. Python's standard library only; knows no metric.
import json
import pathlib
import urllib.error
import urllib.parse
import urllib.request

from process import Process, free_port, wait_until

DASHBOARDS = pathlib.Path(__file__).resolve().parent.parent.parent / "dashboards"
RUN, CLOUD = "127.0.0.1:9464", "127.0.0.1:9465"  # whom the committed configuration scrapes


class Prometheus(Process):
    """On a free port; scrapes `runs` and `clouds`, as host:port, in place of the default ones."""

    def __init__(self, program, folder, runs, clouds=(CLOUD,)):
        config = (DASHBOARDS / "prometheus.yml").read_text()
        for found, instead in ((f'["{RUN}"]', json.dumps(runs)),
                               (f'["{CLOUD}"]', json.dumps(clouds)),
                               ("scrape_interval: 2s", "scrape_interval: 1s"),
                               ("evaluation_interval: 5s", "evaluation_interval: 1s"),
                               ("alerts.yml", str(DASHBOARDS / "alerts.yml"))):
            if found not in config:
                raise AssertionError(f"prometheus.yml has no {found}")
            config = config.replace(found, instead)
        path = folder / "prometheus.yml"
        path.write_text(config)
        self.at = f"http://127.0.0.1:{free_port()}"
        super().__init__([program, f"--config.file={path}",
                          f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=warn",
                          f"--web.listen-address={self.at.removeprefix('http://')}"])
        wait_until(self.ready, "Prometheus answers")

    def ready(self):
        try:
            with urllib.request.urlopen(f"{self.at}/-/ready", timeout=2):
                return True
        except OSError:
            if not self.running():
                raise RuntimeError(self.error_output) from None
            return False

    def ask(self, path, **parameters):
        """Of the HTTP API: its data, or the error as an exception."""
        words = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.at}/api/v1/{path}?{words}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {json.load(error)['error']}") from None

    def rows(self, query):
        """What an instant query returns as numbers: the labels of each."""
        return [row["metric"] for row in self.ask("query", query=query)["result"]
                if row["value"][1] != "NaN"]

    def has(self, query):
        """Whether an instant query returns at least one number."""
        return bool(self.rows(query))
