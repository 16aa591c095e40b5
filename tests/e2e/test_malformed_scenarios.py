# Malformed scenarios: `fleet check` and `fleet run` both name the place, what is wrong and what would be right, with
# exit code 2, and nothing is started: no port is asked for, no file is written, nothing is said on standard output.
import concurrent.futures
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import TempDir, run  # noqa: E402

CORPUS = pathlib.Path(__file__).resolve().parent / "malformed"
TABLE = CORPUS / "expected.txt"
AT_ONCE = 2

# Too large to be kept: the content, and what its row would be.
MADE = {
    "ten_megabytes": (b"# padding\n" * 1_000_000, "1:1", "larger than 1MiB", "is it a scenario"),
    "no_line_ends": (b"name: " + b"x" * 900_000 + b"\n", "1:7", "is not a name", "it takes"),
    "brackets": (b"products: " + b"[" * 500_000, "1:19", "nest deeper", "write them flat"),
    "many_keys": (b"".join(b"key_%d: 1\n" % i for i in range(40_000)), "1:1", "unknown key key_0",
                  "a scenario takes"),
    "many_anchors": (b"products:\n" + b"".join(b"  - &a%d {name: x}\n" % i for i in range(30_000)),
                     "16668:14", "more than 100,000 values", "leave some out"),
}


def rows():
    """By name: place, what is wrong, what would be right."""
    out = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            name, place, wrong, right = (part.strip() for part in line.split(" | "))
            assert name not in out, f"two rows for {name}"
            out[name] = (place, wrong, right)
    return out


class MalformedScenarios(harness.Case):
    def setUp(self):
        super().setUp()
        # Whoever listens there: a run that asked for its port would end with another exit code.
        self.held = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.port = f"127.0.0.1:{self.held.getsockname()[1]}"

    def said(self, path, place, wrong, right):
        """What is not as it must be; empty where all is."""
        with TempDir() as folder:
            quiet = {"cwd": folder.path, "env": {"TMPDIR": str(folder.path), "PATH": "",
                                                 "XDG_RUNTIME_DIR": str(folder.path)}}
            for words in (["check", path],
                          ["run", "--scenario", path, "--metrics", self.port, "--json", "out.json",
                           "--report", "out.html", "--ledger", "ledger.txt"]):
                done = run([harness.FLEET, *map(str, words)], timeout_s=120, **quiet)
                about = f"{path.name}: fleet {words[0]}: exit {done.code}: {done.error_output[:600]}"
                first = done.errors[0] if done.errors else ""
                start = ("" if words[0] == "check" else "fleet run: ") + f"{path}:{place}: "
                if done.code != 2:
                    return about + "; expected exit 2"
                if not first.startswith(start) or wrong not in first or right not in first:
                    return about + f"; expected {start}…{wrong}…{right}"
                if done.output:
                    return about + f"; standard output: {done.output[:200]}"
                if left := [p.name for p in folder.path.rglob("*")]:
                    return about + f"; it left {left}"
        return ""

    def hold(self, cases):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [text for text in pool.map(lambda case: self.said(*case), cases) if text]
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_each_file_of_the_corpus_has_its_row(self):
        names = {path.stem for path in CORPUS.glob("*.yaml")}
        self.assertEqual(names, set(rows()))
        self.assertGreaterEqual(len(names), 100)

    def test_each_is_told_by_its_place_and_starts_nothing(self):
        self.hold([(CORPUS / f"{name}.yaml", *row) for name, row in sorted(rows().items())])

    def test_large_ones_too(self):
        cases = []
        for name, (content, *row) in MADE.items():
            path = self.folder / f"{name}.yaml"
            path.write_bytes(content)
            cases.append((path, *row))
        self.hold(cases)

    def test_the_port_would_have_been_asked_for(self):
        """That the test can fail: a run that is right asks for the port and says that it is taken."""
        path = self.folder / "good.yaml"
        path.write_text("devices: 1\nduration: 1s\n")
        done = run([harness.FLEET, "run", "--scenario", str(path), "--metrics", self.port], 60)
        self.assertEqual(done.code, 3, done.error_output)
        self.assertIn(self.port, done.error_output)


if __name__ == "__main__":
    harness.main()
