# fleet doctor: what it says of a run on this machine, by its exit code, its lines and its JSON; that limits which a run
# meets are told before; and that nothing is left of a look.
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
import harness  # noqa: E402
from harness import Case, main  # noqa: E402
from process import free_port, run  # noqa: E402

CHECKS = ["descriptors", "ports", "memory", "processors", "clock", "timers", "wall_clock", "backlog"]
# Where this machine is short of something else, that is not what a test here is about.
LIVES = (0, 1)


class Doctor(Case):
    def look(self, *words, before=()):
        done = run([*before, harness.FLEET, "doctor", *map(str, words), "--json"],
                   env=dict(os.environ, XDG_RUNTIME_DIR=str(self.folder.path)))
        self.assertEqual(done.error_output, "")
        return done.code, json.loads(done.output)

    @staticmethod
    def check(found, name):
        return next(one for one in found["checks"] if one["check"] == name)

    def test_says_all_of_a_small_run(self):
        code, found = self.look("--devices", 100)
        self.assertIn(code, LIVES)
        self.assertEqual([one["check"] for one in found["checks"]], CHECKS)
        self.assertEqual(found["run"], "100 devices, the embedded twin, real world")
        self.assertEqual(self.check(found, "descriptors")["figures"]["needed"], 264)
        for one in found["checks"]:
            self.assertTrue(one["found"] and one["needed"], one)

    def test_text_and_page_have_each_check(self):
        done = run([harness.FLEET, "doctor", "--virtual", "--devices", "10"])
        self.assertIn(done.code, LIVES)
        lines = done.output.splitlines()
        self.assertEqual([line[:12].strip().replace(" ", "_") for line in lines[1:-1]], CHECKS)
        page = (harness.ROOT / "docs/doctor.md").read_text()
        for name in CHECKS + ["target", "start"]:
            self.assertIn(f"| `{name}` |", page)

    def test_knows_what_the_run_would_meet(self):
        words = ["--devices", "300"]
        for soft, hard, verdict in ((200, 1000, "will_be_done"), (200, 300, "will_not_work")):
            limit = ["prlimit", f"--nofile={soft}:{hard}"]
            code, found = self.look(*words, before=limit)
            told = self.check(found, "descriptors")
            self.assertEqual((told["verdict"], told["figures"]["soft"], told["figures"]["hard"]), (verdict, soft, hard))
            meets = run([*limit, harness.FLEET, "run", *words, "--metrics", "off", "--duration", "1s", "--quiet"])
            self.assertEqual(meets.code, 3 if verdict == "will_not_work" else 0, meets.error_output)
            if verdict == "will_not_work":
                self.assertEqual(code, 3)
            else:
                self.assertIn(code, LIVES)

    def test_advises_a_split_that_holds(self):
        limit = ["prlimit", "--nofile=200:300"]
        code, found = self.look("--devices", 300, before=limit)
        then = self.check(found, "descriptors")["then"]
        self.assertEqual(code, 3)
        processes = re.search(r"--processes (\d+)", then).group(1)
        self.assertEqual(processes, "3", then)
        self.assertNotIn("fleet cloud serve", then)
        for given, verdict in ((int(processes) - 1, "will_not_work"), (processes, "will_be_done")):
            words = ["--devices", "300", "--processes", str(given)]
            code, found = self.look(*words, before=limit)
            told = self.check(found, "descriptors")
            self.assertEqual(told["verdict"], verdict)
            self.assertEqual(found["run"], f"300 devices in {given} processes, the embedded twin, real world")
            meets = run([*limit, harness.FLEET, "run", *words, "--metrics", "off", "--duration", "2s", "--quiet"])
            self.assertEqual(meets.code, 3 if verdict == "will_not_work" else 0, meets.error_output)

    def test_advises_a_split_of_gateways_that_holds(self):
        # By devices an even part has nearly all lamps, and by connections more than a process may open.
        scenario = self.folder / "town.yaml"
        scenario.write_text("""
duration: 3s
products:
  - {name: gate, product_key: a1FleetGate, gateways: {count: 5, children: {product: meter, each: 40}}}
  - {name: meter, product_key: a1FleetMeter}
  - {name: lamp, product_key: a1FleetLamp, count: 150}
""")
        limit = ["prlimit", "--nofile=200:300"]
        words = ["--scenario", scenario]
        told = self.check(self.look(*words, before=limit)[1], "descriptors")
        self.assertEqual(told["figures"]["needed"], 64 + 2 * 155)
        self.assertIn("--processes 2,", told["then"])
        words += ["--processes", "2"]
        told = self.check(self.look(*words, before=limit)[1], "descriptors")
        self.assertEqual((told["verdict"], told["figures"]["needed"]), ("will_be_done", 300))
        wide = self.check(self.look(*words, before=["prlimit", "--nofile=200:1000"])[1], "descriptors")
        self.assertEqual(wide["figures"]["needed"], 64 + 2 * 151)
        report = self.folder / "run.json"
        done = run([*limit, harness.FLEET, "run", "--metrics", "off", "--quiet", "--json", report, *map(str, words)])
        self.assertEqual(done.code, 0, done.error_output)
        parts = json.loads(report.read_text())["workers"]
        self.assertEqual(sorted(part["devices"] for part in parts), [118, 355 - 118])

    def test_tries_a_target(self):
        twin = self.twin()
        code, found = self.look("--devices", 5, "--target", f"mqtt://127.0.0.1:{twin.port()}")
        self.assertIn(code, LIVES)
        self.assertEqual(self.check(found, "target")["verdict"], "ok")
        code, found = self.look("--devices", 5, "--target", f"mqtt://127.0.0.1:{free_port()}")
        self.assertEqual((code, self.check(found, "target")["verdict"]), (3, "will_not_work"))

    def test_finds_addresses_beside_the_one_that_the_kernel_takes(self):
        # A network of its own: two addresses of one subnet, one of another, on one interface.
        script = "ip link set lo up && ip link add d0 type veth peer name d1 && ip addr add 192.0.2.1/25 dev d0" \
                 " && ip addr add 192.0.2.2/25 dev d0 && ip addr add 192.0.2.200/25 dev d0 && ip link set d0 up" \
                 " && ip link set d1 up"
        if run(["unshare", "-rn", "sh", "-c", script]).code != 0:
            self.skipTest("no networks of its own may be made here")
        words = ["doctor", "--profile", "mqtt", "--target", "mqtt://192.0.2.1:1883", "--json", "--devices"]
        for devices, sources in (("10000", 1), ("10001", 2)):
            done = run(["unshare", "-rn", "sh", "-c", f"{script} && exec {harness.FLEET} {' '.join(words)} {devices}"])
            self.assertEqual(self.check(json.loads(done.output), "ports")["figures"]["source_addresses"], sources)

    def test_refuses_what_a_run_refuses(self):
        scenario = self.folder / "s.yaml"
        scenario.write_text("devices: 3\nprodcts: []\n")
        for words in (["--scenario", scenario], ["--devices", "0"], ["--credentials", self.folder / "none.csv"]):
            words = list(map(str, words))
            doctor = run([harness.FLEET, "doctor", *words])
            fleet_run = run([harness.FLEET, "run", "--metrics", "off", *words])
            self.assertEqual((doctor.code, fleet_run.code), (2, 2))
            self.assertEqual(doctor.error_output, fleet_run.error_output.replace("fleet run", "fleet doctor"))
            self.assertEqual(doctor.output, "")

    def test_reads_scenarios_and_leaves_nothing(self):
        for path in sorted((harness.ROOT / "configs").glob("*.yaml")):
            code, found = self.look("--scenario", path, "--report", self.folder / "run.html")
            self.assertIn(code, (0, 1, 3), path.name)
            self.assertEqual([one["check"] for one in found["checks"]][:len(CHECKS)], CHECKS)
        self.assertEqual(os.listdir(str(self.folder.path)), [])


if __name__ == "__main__":
    main()
