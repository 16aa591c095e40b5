# The virtual world: one seed, one digest; another seed, another; no socket; the same files each time.
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import Process, run, wait_until  # noqa: E402


class VirtualRuns(harness.Case):
    def virtual(self, *words, seed=7, devices=200, name="a"):
        ledger = self.folder / f"ledger-{name}.txt"
        facts = self.fleet_run("--virtual", "--devices", devices, "--duration", "10m", "--seed",
                               seed, "--ledger", ledger, *words)
        self.assert_account_is_clean(facts)
        return facts, ledger.read_bytes()

    def test_one_seed_gives_one_digest_and_one_ledger(self):
        first, ledger_a = self.virtual(name="a")
        second, ledger_b = self.virtual(name="b")
        self.assertRegex(first["digest"], "^[0-9a-f]{16}$")
        self.assertEqual(first["digest"], second["digest"])
        self.assertEqual(ledger_a, ledger_b)
        for key in ("devices", "messages", "ledger", "latency", "connects"):
            self.assertEqual(first[key], second[key])

    def test_another_seed_gives_another_digest(self):
        self.assertNotEqual(self.virtual(seed=7)[0]["digest"], self.virtual(seed=8)[0]["digest"])

    def test_every_link_kind_and_tier_is_clean(self):
        for words in (["--link", "nbiot"], ["--link", "lora"], ["--link", "4g", "--security", "tls"],
                      ["--profile", "mqtt", "--qos", "2"], ["--behaviour", "sdk"]):
            with self.subTest(words=words):
                self.virtual(*words, devices=50)

    def test_a_link_that_is_given_up_while_latency_hides_that_it_stands_is_gone(self):
        facts = self.fleet_run("--virtual", "--devices", 12, "--duration", "60s", "--protocol",
                               "http", "--interval", "300ms", "--link", "4g", "--seed", 739515,
                               "--fault", "latency by=3s for=20s at=10s percent=56%",
                               "--fault", "actor_crash every=4s for=20s at=15s")
        self.assertGreater(facts["faults"][1]["strikes"], 12)
        self.assert_account_is_clean(facts)

    def test_no_socket_is_opened(self):
        trace = self.folder / "trace"
        done = run(["strace", "-f", "-qq", "-e", "trace=socket", "-o", trace, harness.FLEET, "run",
                    "--virtual", "--devices", "20", "--duration", "1m", "--seed", "7"],
                   timeout_s=300, env={"ASAN_OPTIONS": "detect_leaks=0", "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.code, 0, done.error_output)
        calls = [line for line in trace.read_text().splitlines() if "socket(" in line]
        self.assertEqual(calls, [])

    def test_a_large_fleet_has_its_heap_on_large_pages(self):
        for devices, large in ((20000, True), (2000, False)):
            with self.subTest(devices=devices):
                process = self.started(Process([harness.FLEET, "run", "--virtual", "--devices",
                                                devices, "--duration", "1h"]))
                wait_until(lambda p=process: "repeat with" in p.output, "the run's first lines", 60)
                environment = pathlib.Path(f"/proc/{process.pid}/environ").read_bytes()
                self.assertEqual(b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1" in environment, large)
                process.signal(signal.SIGINT)
                self.assertEqual(process.wait(120), 130, process.error_output)


if __name__ == "__main__":
    harness.main()
