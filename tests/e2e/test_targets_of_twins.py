# Several targets that are twins, over each kind of connection with a security or a protocol of its
# own: each device goes to the one that its number says, and to no other.
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

DEVICES = 11
DOORS = ("mqtt", "mqtts", "coap", "coaps", "http", "https")


class TargetsOfTwins(harness.Case):
    def twin_of_all_doors(self, folder):
        """A twin with a CA of its own; what it listens at."""
        words = [word for door in (*DOORS[2:], "admin") for word in (f"--{door}", "127.0.0.1:0")]
        twin = self.twin("--data", folder, *words, tls=True)
        while not {*DOORS, "admin"} <= set(twin.addresses):
            name, at = twin.wait_for_line(lambda text: len(text.split()) == 2,
                                          "its addresses").split()
            twin.addresses[name] = at
        return twin.addresses

    def devices_at(self, at):
        """The numbers of the devices that a twin has seen."""
        shown = run([harness.FLEET, "cloud", "devices", "--admin", at["admin"]])
        self.assertEqual(shown.code, 0, shown.error_output)
        return sorted(int(number) for number in re.findall(r"dev_0*(\d+)\s+o", shown.output))

    def run_against(self, scheme, *words, asks=False):
        """A run against two twins that are as new; what they listen at, and its facts."""
        folders = [self.folder / f"{scheme}_{which}" for which in "ab"]
        twins = [self.twin_of_all_doors(folder) for folder in folders]
        if asks:
            words += ("--logon", "pre-auth", "--auth-host",
                      ",".join(f"http://{at['http']}" for at in twins))
        trusted = self.folder / f"{scheme}.pem"
        trusted.write_text("".join((folder / "ca.pem").read_text() for folder in folders))
        trust = ["--cafile", trusted, "--server-name", "localhost"] if scheme.endswith("s") else []
        facts = self.fleet_run("--target", ",".join(f"{scheme}://{at[scheme]}" for at in twins),
                               "--devices", DEVICES, "--interval", "300ms", "--duration", "2s",
                               *trust, *words)
        return twins, facts

    def each_reaches_its_own(self, scheme, asks=False):
        twins, facts = self.run_against(scheme, asks=asks)
        self.assertEqual(facts["verdict"], "passed", facts["failures"])
        self.assertEqual(facts["devices"]["online_max"], DEVICES)
        self.assertEqual(facts["devices"]["restarts"], 0)
        self.assertGreaterEqual(facts["messages"]["acknowledged"], 2 * DEVICES)
        self.assertEqual([self.devices_at(at) for at in twins],
                         [list(range(0, DEVICES, 2)), list(range(1, DEVICES, 2))])

    def test_over_mqtt(self):
        self.each_reaches_its_own("mqtt")

    def test_over_mqtt_by_the_auth_host_of_each(self):
        self.each_reaches_its_own("mqtt", asks=True)

    def test_over_mqtt_with_tls(self):
        self.each_reaches_its_own("mqtts")

    def test_over_coap(self):
        self.each_reaches_its_own("coap")

    def test_over_coap_with_dtls(self):
        self.each_reaches_its_own("coaps")

    def test_over_http(self):
        self.each_reaches_its_own("http")

    def test_over_https(self):
        self.each_reaches_its_own("https")

    def test_a_certificate_of_one_is_not_enough(self):
        folders = [self.folder / which for which in "ab"]
        twins = [self.twin_of_all_doors(folder) for folder in folders]
        self.fleet_run("--target", ",".join(f"mqtts://{at['mqtts']}" for at in twins), "--devices",
                       DEVICES, "--duration", "1s", "--cafile", folders[0] / "ca.pem",
                       "--server-name", "localhost", expect=3)
        self.assertIn(f"mqtts://{twins[1]['mqtts']}", self.last_run.error_output)
        self.assertEqual([self.devices_at(at) for at in twins], [[], []])


if __name__ == "__main__":
    harness.main()
