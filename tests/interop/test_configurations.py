# Remote configurations as curl fetches them from `fleet cloud serve`: with the token of the address
# and not without, for as long as it is good, and only where there is a door to fetch them at.
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from process import run  # noqa: E402

CONTENT = b'{"every":"10s"}'


class Configurations(harness.Case):
    def start(self, *words, names):
        credentials = harness.write_credentials(self.folder / "c.csv")
        twin = self.twin("--credentials", credentials, "--admin", "127.0.0.1:0", *words)
        while not set(names) <= set(twin.addresses):
            name, address = twin.wait_for_line(lambda l: len(l.split()) == 2, str(names)).split()
            twin.addresses[name] = address
        return twin

    def configure(self, twin, code=0):
        """What the console says of a configuration that it gives the product."""
        file = self.folder / "settings.json"
        file.write_bytes(CONTENT)
        done = run([harness.FLEET, "cloud", "config", harness.PRODUCT, str(file), "--json",
                    "--admin", twin.addresses["admin"]])
        self.assertEqual(done.code, code, done.output + done.error_output)
        return done

    def curl(self, url, *words):
        """Status and body."""
        done = subprocess.run([str(harness.need("curl")), "-s", "--max-time", "20", "-w",
                               "%{http_code}", *words, url], capture_output=True, check=True,
                              timeout=30)
        return int(done.stdout[-3:]), done.stdout[:-3]

    def test_a_token_opens_its_configuration_and_nothing_else(self):
        data = self.folder / "twin"
        twin = self.start("--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data", data,
                          names=("mqtt", "admin", "http", "https", "ca"))
        url = json.loads(self.configure(twin).output)["url"]
        place, token = url.split("?token=")
        trust = ("--cacert", twin.addresses["ca"])
        self.assertEqual(self.curl(url, *trust), (200, CONTENT))
        self.assertEqual(self.curl(url, "-I", *trust)[0], 200)
        flipped = ("1" if token[-1] == "0" else "0")
        for query in ("", "?token=", "?token=" + "0" * len(token), "?token=" + token[:-1],
                      "?token=" + token[:-1] + flipped, "?token=" + token + "0",
                      f"?token={token}&token={token}"):
            status, body = self.curl(place + query, *trust)
            self.assertEqual(status, 403, query)
            self.assertNotIn(b"every", body)
        # Ids can be guessed; whether there is such a one is not told.
        for other in (f"{harness.PRODUCT}-2", f"{harness.PRODUCT}-0", "nobody-1"):
            self.assertEqual(self.curl(place.rsplit("/", 1)[0] + f"/{other}?token={token}",
                                       *trust)[0], 403)
        # One that replaced it has an address of its own, and the old one is nowhere.
        newer = json.loads(self.configure(twin).output)["url"]
        self.assertEqual(self.curl(newer, *trust), (200, CONTENT))
        self.assertEqual(self.curl(url, *trust)[0], 404)

    def test_a_token_ends_and_is_the_twins_own(self):
        data = self.folder / "twin"
        twin = self.start("--http", "127.0.0.1:0", "--data", data, names=("mqtt", "admin", "http"))
        url = json.loads(self.configure(twin).output)["url"]
        place, token = url.split("?token=")
        until = int(token[:12], 16)
        self.assertGreater(until, time.time() + 3600)
        self.assertLessEqual(until, time.time() + 24 * 3600 + 60)

        def made(key, end):
            claims = f"{end:012x}ffffffff"
            sign = hmac.new(key, f"config.{place.rsplit('/', 1)[1]}.{claims}".encode(),
                            hashlib.sha256).hexdigest()
            return claims + sign

        key = (data / "logon.key").read_bytes()
        self.assertEqual(self.curl(f"{place}?token={made(key, until)}"), (200, CONTENT))
        self.assertEqual(self.curl(f"{place}?token={made(key, int(time.time()) - 1)}")[0], 403)
        self.assertEqual(self.curl(f"{place}?token={made(b'another', until)}")[0], 403)
        # It outlives the twin, as what it opens does.
        twin.stop()
        again = self.start("--http", "127.0.0.1:0", "--data", data,
                           names=("mqtt", "admin", "http"))
        path = url.split("/", 3)[3]
        self.assertEqual(self.curl(f"http://{again.addresses['http']}/{path}"), (200, CONTENT))

    def test_a_twin_without_a_door_says_so_and_announces_none(self):
        twin = self.start(names=("mqtt", "admin"))
        done = self.configure(twin, code=1)
        self.assertIn("--https", done.error_output)
        self.assertNotIn("://", done.output)


if __name__ == "__main__":
    harness.main()
