# What the interop tests share: the program under test as broker or as fleet, foreign clients behind
# one line protocol (clients.md), and a runner that says loudly what it could not try.
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import sys
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "support"))

from process import Process, TempDir, raise_descriptor_limit, run     # noqa: E402
from process_peers import Authority, Mosquitto, Nginx, find_tool       # noqa: E402,F401

FLEET = os.environ.get("FLEET_BIN", str(ROOT / "build/release/bin/fleet"))
NPM = pathlib.Path(os.environ.get("FLEET_NPM", ROOT / "build/npm"))
PAHO = {name: os.environ.get("FLEET_" + name.upper(), str(ROOT / f"build/dev/bin/{name}"))
        for name in ("paho_sync", "paho_async")}

SKIPPED_ALL = 77  # CTest's SKIP_RETURN_CODE

# The device of the worked signing vectors (aliyun-iot.md §4), and a second one.
PRODUCT = "a1B2c3D4e5F"
DEVICES = {"dev_accept_01": "0123456789abcdef0123456789abcdef",
           "dev_accept_02": "fedcba9876543210fedcba9876543210"}


def need(tool):
    """Skips the test where a program from Debian is absent."""
    if find_tool(tool) is None:
        raise unittest.SkipTest(f"{tool} is not installed")
    return find_tool(tool)


class Case(unittest.TestCase):
    """A test with a temporary folder and things that are stopped at its end."""

    def setUp(self):
        self.folder = self.enterContext(TempDir())
        if not os.access(FLEET, os.X_OK):
            self.fail(f"no program at {FLEET}: set FLEET_BIN")

    def started(self, thing):
        """Takes care that `thing` is stopped."""
        return self.enterContext(thing)

    def mosquitto(self, **options):
        need("mosquitto")
        return self.started(Mosquitto(self.folder.path, **options))

    def twin(self, *words, **options):
        return self.started(Twin(*words, **options))

    def fleet_run(self, *words, expect=0, timeout_s=120):
        """`fleet run`, its exit code checked; answers the facts of its JSON, None without one."""
        done, facts = run_fleet(self.folder, *words, timeout_s=timeout_s)
        self.assertEqual(done.code, expect, f"{' '.join(done.command)}\n{done.output}\n"
                                            f"{done.error_output}")
        self.last_run = done
        return facts

    def assert_account_is_clean(self, facts):
        """Nothing lost, nothing unexplained, in both directions."""
        self.assertEqual(facts["verdict"], "passed", facts["failures"])
        for direction in ("uplink", "downlink"):
            account = facts["ledger"][direction]
            for name in ("lost", "unexplained", "unexpected", "corrupted", "out_of_order"):
                self.assertEqual(account[name], 0, f"{direction} {name}: {account}")


def run_fleet(folder, *words, timeout_s=120):
    """`fleet run` to its end: the process, and the facts of its JSON (None when it wrote none)."""
    report = folder / "run.json"
    report.unlink(missing_ok=True)
    words = [str(word) for word in words]
    if "--metrics" not in words:
        words += ["--metrics", "off"]
    if "--seed" not in words:
        words += ["--seed", "7"]
    done = run([FLEET, "run", "--json", report, *words], timeout_s)
    return done, json.loads(report.read_text()) if report.exists() else None


class Twin(Process):
    """`fleet cloud serve` on free ports, ready: it has printed them. `under` is what starts it."""

    def __init__(self, *words, plain=True, tls=False, under=()):
        listeners = (["--mqtt", "127.0.0.1:0"] if plain else []) \
            + (["--mqtts", "127.0.0.1:0"] if tls else [])
        super().__init__([*under, FLEET, "cloud", "serve", *listeners, *words])
        self.addresses = {}
        wanted = set((["mqtt"] if plain else []) + (["mqtts"] if tls else []))
        while not wanted <= set(self.addresses):
            line = self.wait_for_line(lambda text: len(text.split()) == 2, "its addresses")
            name, address = line.split()
            self.addresses[name] = address

    def port(self, name="mqtt"):
        return int(self.addresses[name].rsplit(":", 1)[1])

    def __exit__(self, *_):
        code = self.stop()
        if code not in (0, 130):
            raise AssertionError(f"the twin ended with {code}:\n{self.error_output}")


def write_credentials(path):
    """A credential file as the vendor's console exports it."""
    rows = "".join(f"{name},{secret},{PRODUCT}\r\n" for name, secret in DEVICES.items())
    path.write_text("\ufeffDeviceName,DeviceSecret,ProductKey\r\n" + rows, encoding="utf-8")
    return path


def login(device="dev_accept_01", method="hmacsha1", secret=None, secure_mode=3,
          timestamp="2524608000000"):
    """CONNECT's client id, user name and password in direct mode (aliyun-iot.md §3, §5.1), computed
    here and not by the program under test."""
    base = f"{PRODUCT}.{device}"
    content = f"clientId{base}deviceName{device}productKey{PRODUCT}timestamp{timestamp}"
    digest = hmac.new((secret or DEVICES[device]).encode(), content.encode(),
                      getattr(hashlib, method.removeprefix("hmac"))).hexdigest()
    client_id = f"{base}|securemode={secure_mode},timestamp={timestamp},signmethod={method}," \
                "gw=0,ext=0|"
    return {"client_id": client_id, "username": f"{device}&{PRODUCT}", "password": digest}


class Refused(Exception):
    """CONNACK with a code above 0."""

    def __init__(self, code):
        super().__init__(f"CONNACK {code}")
        self.code = code


class ForeignClient(Process):
    """One client of a foreign library, spoken to in lines (clients.md)."""

    def ask(self, *words, timeout_s=60):
        self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self._process.stdin.flush()
        answer = self.next_line(timeout_s)
        if answer is None or answer.startswith("failed"):
            raise RuntimeError(f"{words[0]}: {answer}\n{self.error_output}")
        return answer

    def __init__(self, command):
        super().__init__(command, stdin="", keep_stdin=True)

    def connect(self, port, client_id, clean=True, username="-", password="-", version=4, ca="-",
                keep_alive=60, will=None):
        """Answers whether the server had a session; raises Refused."""
        topic, qos, retain, payload = will or ("-", 0, 0, "-")
        answer = self.ask("connect", "mqtt" if ca == "-" else "mqtts", port, client_id, int(clean),
                          keep_alive, version, username, password, ca, topic, qos, int(retain),
                          payload).split()
        if answer[0] == "refused":
            raise Refused(int(answer[1]))
        return answer[1] == "1"

    def subscribe(self, topic, qos=1):
        """The code of SUBACK."""
        return int(self.ask("subscribe", qos, topic).split()[1])

    def unsubscribe(self, topic):
        self.ask("unsubscribe", topic)

    def publish(self, topic, payload="", qos=1, retain=False):
        """Returns when the publish is complete."""
        self.ask("publish", qos, int(retain), topic, payload)

    def message(self, timeout_s=30):
        """The next message as (topic, payload, qos, retain), or None."""
        answer = self.ask("expect", int(timeout_s * 1000), timeout_s=timeout_s + 30)
        if answer == "nothing":
            return None
        _, qos, retain, topic, payload = answer.split(" ", 4)
        return topic, payload, int(qos), retain == "1"

    def is_lost(self, timeout_s=30):
        """Whether the server ended the connection within the time."""
        return self.ask("lost", int(timeout_s * 1000), timeout_s=timeout_s + 30) == "lost"

    def disconnect(self):
        self.ask("disconnect")


def paho(name="paho_sync"):
    if not os.access(PAHO[name], os.X_OK):
        raise unittest.SkipTest(f"{name} was not built: libpaho-mqtt-dev is not installed")
    return ForeignClient([PAHO[name]])


def mqtt_js():
    if shutil.which("node") is None:
        raise unittest.SkipTest("node is not installed")
    if not (NPM / "node_modules/mqtt").is_dir():
        raise unittest.SkipTest(f"MQTT.js is not in {NPM}: npm ci --prefix {NPM} after copying "
                                f"{HERE}/mqttjs/package*.json there")
    return ForeignClient(["node", HERE / "mqttjs/client.js", NPM])


def main():
    """Runs a file's tests; every skip is shouted, and all skipped is CTest's 'skipped'."""
    raise_descriptor_limit()
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    for test, reason in result.skipped:
        print(f"*** SKIPPED, NOT TRIED: {test.id()}: {reason}", file=sys.stderr)
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED_ALL if result.testsRun and len(result.skipped) == result.testsRun else 0)
