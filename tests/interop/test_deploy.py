# deploy/: what systemd, YAML and a reader of Dockerfiles say of it, and whether it still fits the program: each command
# line is one that its parser takes, each port is the one that a flag opens, each package is in cmake/packages.txt.
import configparser
import os
import pathlib
import re
import shlex
import shutil
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import FLEET, ROOT, Case, main, need  # noqa: E402
from process import Process, free_port, run  # noqa: E402

try:
    import yaml
except ImportError:
    yaml = None

DEPLOY = ROOT / "deploy"
INSTALLED = "/usr/local/bin/fleet"  # where the files have the program
TEXT = (str,)

# Locked to a service that needs sockets and its own folder.
HARDENED = {"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
            "PrivateTmp": "yes", "PrivateDevices": "yes", "CapabilityBoundingSet": "", "RestrictNamespaces": "yes",
            "RestrictSUIDSGID": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
            "SystemCallFilter": "@system-service", "SystemCallArchitectures": "native"}


def flags_of(words):
    """`--mqtt 0.0.0.0:1883` and `--mqtt=0.0.0.0:1883`, by their names."""
    out = {}
    for at, word in enumerate(words):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if not equals and at + 1 < len(words) and not words[at + 1].startswith("-"):
                value = words[at + 1]
            out[name] = value
    return out


def port_of(place):
    return int(place.rsplit(":", 1)[1])


class DeployCase(Case):
    def assert_accepted(self, words):
        """All words before it are looked at before a flag that nobody knows is told, in the order of the line."""
        done = run([FLEET, *words, "--no-such-flag"])
        self.assertEqual(done.code, 2, done.output)
        self.assertRegex(done.error_output, r"^fleet [a-z ]+: unknown flag --no-such-flag\n", " ".join(words))

    def test_a_word_that_is_not_taken_would_be_seen(self):
        for words in (["run", "--devicez", "5"], ["run", "--devices", "no"], ["cloud", "serve", "--mqtt=here"],
                      ["rnu"]):
            with self.assertRaises(AssertionError):
                self.assert_accepted(words)


class Systemd(DeployCase):
    UNITS = sorted((DEPLOY / "systemd").glob("*.service"))

    def unit(self, path):
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str
        parser.read(path)
        return parser

    def words(self, path):
        """Of all its command lines, as systemd would make them of what the unit itself has."""
        service = self.unit(path)["Service"]
        out = []
        for line in [service[key] for key in ("ExecStartPre", "ExecStart") if key in service]:
            line = line.lstrip("-").replace("%i", "smart_home").replace("%S", "/var/lib")
            flags = re.search(r" \$([A-Z_]+)$", line)
            if flags:
                # Environment= may be there twice; the last one wins in this parser, so it is looked for in the text.
                given = re.search(rf'^Environment="?{flags.group(1)}=([^"\n]*)"?$', path.read_text(), re.M)
                self.assertTrue(given, f"{path.name} has no {flags.group(1)}")
                line = line[:flags.start()] + " " + given.group(1)
            self.assertNotRegex(line, r"[%$]")
            out.append(shlex.split(line))
        return out

    def test_there_are_three(self):
        self.assertEqual([path.name for path in self.UNITS],
                         ["fleet-run@.service", "fleet-twin.service", "fleet-worker.service"])

    def test_systemd_takes_them(self):
        analyze = need("systemd-analyze")
        for path in self.UNITS:
            # The program need not be installed here.
            mine = pathlib.Path(str(self.folder / path.name))
            text = path.read_text()
            self.assertIn(INSTALLED, text)
            mine.write_text(text.replace(INSTALLED, str(pathlib.Path(FLEET).resolve())))
            done = run([analyze, "verify", "--man=no", "--recursive-errors=no", mine])
            self.assertEqual((done.code, done.output + done.error_output), (0, ""), path.name)
            mine.write_text(mine.read_text() + "NoSuchSetting=1\n")
            done = run([analyze, "verify", "--man=no", "--recursive-errors=no", mine])
            self.assertIn("NoSuchSetting", done.output + done.error_output, "it looks at nothing")

    def test_the_program_takes_their_command_lines(self):
        for path in self.UNITS:
            for words in self.words(path):
                self.assertEqual(words[0], INSTALLED)
                self.assert_accepted(words[1:])

    def test_flags_that_their_heads_name_are_taken(self):
        """Those of an environment file or a drop-in, behind the unit's own."""
        found = 0
        for path in self.UNITS:
            own = self.words(path)[-1][1:]
            for given in re.findall(r'^#.*FLEET_[A-Z]+_FLAGS=([^"\n]*)"?$', path.read_text(), re.M):
                found += 1
                words = shlex.split(given.replace("%d", "/run/credentials"))
                self.assert_accepted((["worker"] if own[0] == "worker" else own) + words)
        self.assertEqual(found, len(self.UNITS))

    def test_the_worker_is_lent_again_and_knows_whom_to_trust(self):
        path = DEPLOY / "systemd/fleet-worker.service"
        service, text = self.unit(path)["Service"], path.read_text()
        self.assertEqual((service["Restart"], service["RestartPreventExitStatus"]), ("always", "2"))
        self.assertEqual(self.unit(path)["Unit"]["StartLimitIntervalSec"], "0", "or systemd gives it up")
        self.assertEqual(run([FLEET, "worker", "--listen", "127.0.0.1:0"], env={}).code, 2, "without a token")
        self.assertIn("FLEET_WORKER_TOKEN=", text)
        self.assertEqual(service["EnvironmentFile"], "/etc/fleet/worker.env")
        certs = self.folder / "certs"
        self.assertEqual(run([FLEET, "worker", "--init-certs", certs]).code, 0)
        given = re.findall(r"LoadCredential=(\S+):/\S+/(\S+)$", text, re.M)
        self.assertTrue(all(name == file for name, file in given))
        self.assertEqual(sorted(name for name, _ in given),
                         sorted(set(os.listdir(certs)) - {"ca.key"}))

    def stopped(self, words, until, env=None):
        """What a service ends with when systemd tells it to stop."""
        service = self.started(Process([FLEET, *words], env=env))
        service.wait_for_line(until, "that it is there")
        return service.stop()

    def test_an_orderly_stop_is_no_failure(self):
        token = dict(os.environ, FLEET_WORKER_TOKEN="a word for tests alone")
        codes = {
            "fleet-twin.service": self.stopped(["cloud", "serve", "--mqtt", "127.0.0.1:0", "--admin", "off"],
                                               lambda line: line.startswith("mqtt ")),
            "fleet-worker.service": self.stopped(["worker", "--listen", "127.0.0.1:0"],
                                                 lambda line: line.startswith("worker at"), token),
            "fleet-run@.service": self.stopped(["run", "--devices", "3", "--duration", "1h", "--metrics", "127.0.0.1:0",
                                                "--plain"],
                                               lambda line: line.startswith("control at")),
        }
        self.assertEqual(sorted(codes), [path.name for path in self.UNITS])
        for path in self.UNITS:
            allowed = self.unit(path)["Service"].get("SuccessExitStatus", "0")
            self.assertEqual(str(codes[path.name]), allowed, path.name)

    def test_they_listen_on_loopback_where_the_dashboards_look(self):
        ports = {}
        for path in self.UNITS:
            flags = flags_of(self.words(path)[-1])
            for flag in ("--mqtt", "--mqtts", "--admin", "--metrics", "--listen"):
                if flag in flags:
                    self.assertTrue(flags[flag].startswith("127.0.0.1:"), flags)
            if "--metrics" in flags:
                ports[path.name] = port_of(flags["--metrics"])
        scraped = (ROOT / "dashboards/prometheus.yml").read_text()
        self.assertEqual((len(ports), len(set(ports.values()))), (2, 2))
        for port in ports.values():
            self.assertIn(f'"127.0.0.1:{port}"', scraped)

    def test_they_are_hardened_and_have_room_for_connections(self):
        for path in self.UNITS:
            service = self.unit(path)["Service"]
            for key, value in HARDENED.items():
                self.assertEqual(service.get(key), value, f"{path.name} {key}")
            self.assertGreaterEqual(int(service["LimitNOFILE"]), 100_000)
            folder = service.get("StateDirectory", "none").replace("%i", "x")
            for value in flags_of(shlex.split(service["ExecStart"])).values():
                if value.startswith("%S"):
                    self.assertTrue(value.replace("%i", "x").startswith(f"%S/{folder}"), value)


class Container(DeployCase):
    DOCKERFILE = DEPLOY / "container/Dockerfile"
    KNOWN = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}

    def steps(self):
        """(instruction, its rest) in order, continued lines joined and comments left out."""
        text = "\n".join(line for line in self.DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
        lines = re.sub(r"\\\n\s*", " ", text).splitlines()
        return [tuple(line.split(None, 1)) for line in lines if line.strip()]

    def packages(self, section):
        """Of packages.txt, read here in another way than there."""
        out, here = [], False
        for line in (ROOT / "cmake/packages.txt").read_text().splitlines():
            if line.startswith("["):
                here = line == f"[{section}]"
            elif here and line and not line.startswith("#"):
                out.append(line.split()[0])
        return out

    def test_its_instructions_are_known_and_in_order(self):
        steps = self.steps()
        for step in steps:
            self.assertEqual(len(step), 2, f"nothing behind {step[0]}")
            self.assertIn(step[0], self.KNOWN)
        self.assertEqual(steps[0][0], "FROM")
        images = [rest for name, rest in steps if name == "FROM"]
        self.assertEqual(images, ["debian:bookworm-slim AS build", "debian:bookworm-slim"])
        for once in ("USER", "ENTRYPOINT", "CMD"):
            self.assertEqual([name for name, _ in steps].count(once), 1, once)
        user = next(rest for name, rest in steps if name == "USER")
        self.assertRegex(user, r"^[1-9]\d+:[1-9]\d+$")
        for name, rest in steps:
            if name in ("ENTRYPOINT", "CMD"):
                self.assertIsInstance(yaml.safe_load(rest) if yaml else [], list)

    def test_what_it_copies_is_there_and_let_in(self):
        ignore = (DEPLOY / "container/Dockerfile.dockerignore").read_text().splitlines()
        rules = [line for line in ignore if line and not line.startswith("#")]
        self.assertEqual(rules[0], "*")
        let_in = {rule.removeprefix("!") for rule in rules[1:]}
        copied = set()
        stages = {rest.split()[-1] for name, rest in self.steps() if name == "FROM" and " AS " in rest}
        for name, rest in self.steps():
            if name != "COPY":
                continue
            words = rest.split()
            if words[0].startswith("--from="):
                self.assertIn(words[0].removeprefix("--from="), stages)
                continue
            for source in words[:-1]:
                self.assertTrue((ROOT / source).exists(), source)
                copied.add(source.split("/")[0])
        self.assertEqual(copied, let_in)

    def test_it_copies_all_that_is_built(self):
        copied = {word for name, rest in self.steps() if name == "COPY" for word in rest.split()[:-1]}
        built = set(re.findall(r"^fleet_library\(\w+ ([a-z_]+)", (ROOT / "CMakeLists.txt").read_text(), re.M))
        self.assertLessEqual(built, copied)

    def test_its_packages_are_those_that_fleetw_installs(self):
        known = set(self.packages("build") + self.packages("test"))
        installing = [rest for name, rest in self.steps() if name == "RUN" and "apt-get install" in rest]
        self.assertEqual(len(installing), 2)
        for rest in installing:
            behind = rest.split("apt-get install", 1)[1].split("&&")[0]
            named = [word for word in shlex.split(behind) if not word.startswith(("-", "<", "/"))]
            self.assertLessEqual(set(named), known)
            self.assertIn("--no-install-recommends", behind)
        reader = re.search(r"sed -n '[^']*' cmake/packages.txt", installing[0]).group(0)
        done = run(["sh", "-c", reader], cwd=ROOT)
        self.assertEqual(done.output.split(), self.packages("build"))

    def test_it_finds_the_packages_of_the_libraries(self):
        need("dpkg")
        finder = next(re.search(r"ldd /fleet (.*) >", rest).group(1) for name, rest in self.steps()
                      if name == "RUN" and "ldd /fleet" in rest)
        done = run(["sh", "-c", f"ldd {shlex.quote(FLEET)} {finder}"])
        self.assertEqual(done.error_output, "")
        found = done.output.split()
        self.assertIn("libc6", found)
        self.assertTrue(any(name.startswith("libcaf") for name in found), found)
        self.assertEqual(found, sorted(set(found)))

    def test_the_program_takes_what_it_is_started_with(self):
        rest = dict(self.steps())
        self.assertEqual(rest["ENTRYPOINT"], f'["{INSTALLED}"]')
        self.assertTrue(any(name == "COPY" and where.split()[-1] == INSTALLED for name, where in self.steps()))
        done = run([FLEET, *re.findall(r'"([^"]*)"', rest["CMD"])])
        self.assertEqual(done.code, 0)
        self.assert_accepted(["run", "--devices", "5000"])


# Shapes of what Kubernetes takes, as far as it is used: a key with ! must be there, and no other key may.
META = {"name!": TEXT, "labels": {"*": TEXT}, "annotations": {"*": TEXT}}
BOUNDS = {"resources!": {"requests!": {"cpu!": TEXT, "memory!": TEXT}, "limits!": {"memory!": TEXT}},
          "securityContext!": {"allowPrivilegeEscalation!": (bool,), "readOnlyRootFilesystem!": (bool,),
                               "capabilities!": {"drop!": [TEXT]}}}
INIT = {"name!": TEXT, "image!": TEXT, "command!": [TEXT]} | BOUNDS
CONTAINER = {"name!": TEXT, "image!": TEXT, "args!": [TEXT],
             "env": [{"name!": TEXT, "valueFrom": {"secretKeyRef!": {"name!": TEXT, "key!": TEXT}}}],
             "ports": [{"name!": TEXT, "containerPort!": (int,)}],
             "readinessProbe": {"tcpSocket!": {"port!": TEXT}, "periodSeconds": (int,)},
             "livenessProbe": {"httpGet!": {"path!": TEXT, "port!": TEXT}, "periodSeconds": (int,),
                               "timeoutSeconds": (int,)},
             "volumeMounts": [{"name!": TEXT, "mountPath!": TEXT, "readOnly": (bool,)}]} | BOUNDS
POD = {"metadata!": {"labels!": {"*": TEXT}, "annotations": {"*": TEXT}},
       "spec!": {"restartPolicy": TEXT, "automountServiceAccountToken!": (bool,),
                 "terminationGracePeriodSeconds!": (int,),
                 "securityContext!": {"runAsNonRoot!": (bool,), "runAsUser!": (int,), "runAsGroup!": (int,),
                                      "fsGroup": (int,), "seccompProfile!": {"type!": TEXT}},
                 "initContainers": [INIT],
                 "containers!": [CONTAINER],
                 "volumes": [{"name!": TEXT, "persistentVolumeClaim": {"claimName!": TEXT},
                              "secret": {"secretName!": TEXT}, "emptyDir": {}}]}}
TOP = {"apiVersion!": TEXT, "kind!": TEXT, "metadata!": META}
SHAPES = {
    "PersistentVolumeClaim": ("v1", {"accessModes!": [TEXT], "resources!": {"requests!": {"storage!": TEXT}}}),
    "Service": ("v1", {"clusterIP": TEXT, "selector!": {"*": TEXT},
                       "ports!": [{"name!": TEXT, "port!": (int,), "targetPort!": TEXT}]}),
    "Deployment": ("apps/v1", {"replicas!": (int,), "strategy!": {"type!": TEXT},
                               "selector!": {"matchLabels!": {"*": TEXT}}, "template!": POD}),
    "Job": ("batch/v1", {"backoffLimit!": (int,), "ttlSecondsAfterFinished": (int,), "completions": (int,),
                         "parallelism": (int,), "completionMode": TEXT, "template!": POD}),
}


def misshapen(value, shape, where):
    """What is wrong with a value, a line each."""
    if isinstance(shape, tuple):
        fits = isinstance(value, shape) and (bool in shape or not isinstance(value, bool))
        return [] if fits else [f"{where} is {value!r}"]
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{where} is no list of something"]
        return [line for at, one in enumerate(value) for line in misshapen(one, shape[0], f"{where}[{at}]")]
    if not isinstance(value, dict):
        return [f"{where} is no mapping"]
    out = [f"{where} has no {key[:-1]}" for key in shape if key.endswith("!") and key[:-1] not in value]
    for key, one in value.items():
        of = shape.get(key, shape.get(key + "!", shape.get("*")))
        out += [f"{where}.{key} is unknown"] if of is None else misshapen(one, of, f"{where}.{key}")
    return out


class Kubernetes(DeployCase):
    FILES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    LISTENERS = {"--mqtt": "mqtt", "--mqtts": "mqtts", "--admin": "admin", "--metrics": "metrics", "--listen": "workers"}

    def setUp(self):
        super().setUp()
        if yaml is None:
            self.skipTest("PyYAML is not installed")
        self.all = [one for path in self.FILES for one in yaml.safe_load_all(path.read_text())]

    def of(self, kind, name):
        [one] = [one for one in self.all if (one["kind"], one["metadata"]["name"]) == (kind, name)]
        return one

    def pods(self):
        return [(one, one["spec"]["template"]) for one in self.all if one["kind"] in ("Deployment", "Job")]

    def container(self, kind, name):
        [container] = self.of(kind, name)["spec"]["template"]["spec"]["containers"]
        return container

    def test_has_the_shape_that_each_kind_has(self):
        self.assertEqual([(one["kind"], one["metadata"]["name"]) for one in self.all],
                         [("PersistentVolumeClaim", "fleet-twin"), ("Service", "fleet-twin"),
                          ("Deployment", "fleet-twin"), ("Job", "fleet-run"), ("Service", "fleet-coordinator"),
                          ("Job", "fleet-coordinator"), ("Job", "fleet-worker")])
        for one in self.all:
            version, spec = SHAPES[one["kind"]]
            self.assertEqual(misshapen(one, TOP | {"spec!": spec}, one["kind"]), [])
            self.assertEqual(one["apiVersion"], version)
        for one in self.all:
            names = [one["metadata"]["name"]]
            if one["kind"] in ("Deployment", "Job"):
                names += [c["name"] for c in one["spec"]["template"]["spec"]["containers"]]
            for name in names:
                self.assertRegex(name, r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")

    def test_a_wrong_shape_would_be_seen(self):
        self.assertEqual(misshapen({"metadata": {"name": 7}, "knid": "Job"}, TOP, "x"),
                         ["x has no apiVersion", "x has no kind", "x.metadata.name is 7", "x.knid is unknown"])
        self.assertEqual(misshapen([], [TEXT], "x"), ["x is no list of something"])
        self.assertEqual(misshapen(True, (int,), "x"), ["x is True"])

    def test_the_program_takes_the_args(self):
        for _, pod in self.pods():
            for container in pod["spec"]["containers"]:
                self.assert_accepted(container["args"])

    def test_ports_are_those_that_the_flags_open(self):
        exposed = set(map(int, dict(Container().steps())["EXPOSE"].split()))
        for _, pod in self.pods():
            [container] = pod["spec"]["containers"]
            flags = flags_of(container["args"])
            opened = {name: port_of(flags[flag]) for flag, name in self.LISTENERS.items() if flag in flags}
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            self.assertEqual(ports, opened)
            self.assertLessEqual(set(ports.values()), exposed)
            notes = pod["metadata"].get("annotations", {})
            scraped = {"prometheus.io/scrape": "true", "prometheus.io/port": str(opened.get("metrics")),
                       "prometheus.io/path": "/metrics"}
            self.assertEqual(notes, scraped if "metrics" in opened else {})
            self.assertTrue("metrics" in opened or container["args"][0] == "worker")
            for probe in ("readinessProbe", "livenessProbe"):
                for how in container.get(probe, {}).values():
                    if isinstance(how, dict):
                        self.assertIn(how["port"], ports)

    def test_services_lead_to_their_pods_alone(self):
        for service, kind in (("fleet-twin", "Deployment"), ("fleet-coordinator", "Job")):
            chosen = self.of("Service", service)["spec"]
            led = [one["metadata"]["name"] for one, pod in self.pods()
                   if chosen["selector"].items() <= pod["metadata"]["labels"].items()]
            self.assertEqual(led, [service])
            ports = {port["name"] for port in self.container(kind, service)["ports"]}
            for port in chosen["ports"]:
                self.assertIn(port["targetPort"], ports)
        twin = self.of("Deployment", "fleet-twin")["spec"]
        self.assertEqual(twin["selector"]["matchLabels"], twin["template"]["metadata"]["labels"])
        self.assertEqual((twin["replicas"], twin["strategy"]["type"]), (1, "Recreate"))

    def test_the_twin_has_a_certificate_for_where_it_is_found(self):
        """Wherever a listener over TLS is on all addresses; in Kubernetes that is the service's name."""
        [args] = [one["args"] for one in self.of("Deployment", "fleet-twin")["spec"]["template"]["spec"]["containers"]]
        self.assertEqual(flags_of(args)["--advertise"], self.of("Service", "fleet-twin")["metadata"]["name"])
        head = re.findall(r"FLEET_TWIN_FLAGS=(\S.*)$", (DEPLOY / "systemd/fleet-twin.service").read_text(), re.M)
        for flags in map(flags_of, [args, *(shlex.split(one) for one in head if one.startswith("--"))]):
            self.assertTrue(flags["--mqtts"].startswith("0.0.0.0:"))
            self.assertIn("--advertise", flags)

    def test_runs_find_the_twin_and_wait_for_it(self):
        service = self.of("Service", "fleet-twin")
        ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
        name = service["metadata"]["name"]
        for job in ("fleet-run", "fleet-coordinator"):
            flags = flags_of(self.container("Job", job)["args"])
            self.assertEqual(flags["--target"], f"mqtt://{name}:{ports['mqtt']}")
            self.assertEqual(flags["--target-admin"], f"http://{name}:{ports['admin']}")
            self.assertIn("--wait-for-target", flags, "it may be there before the twin")
        for job in ("fleet-run", "fleet-coordinator", "fleet-worker"):
            self.assertIn("FLEET_ADMIN_TOKEN", [one["name"] for one in self.container("Job", job)["env"]])
        self.assertIn("FLEET_ADMIN_TOKEN", run([FLEET, "help", "run"]).output)

    def test_workers_find_their_coordinator_and_are_as_many_as_it_expects(self):
        service = self.of("Service", "fleet-coordinator")
        [port] = service["spec"]["ports"]
        place = f"{service['metadata']['name']}:{port['port']}"
        run_flags = flags_of(self.container("Job", "fleet-coordinator")["args"])
        worker = self.container("Job", "fleet-worker")
        flags = flags_of(worker["args"])
        self.assertEqual(flags["--join"], place)
        self.assertEqual(port_of(run_flags["--listen"]), port["port"], "a headless service changes no port")
        self.assertEqual(service["spec"]["clusterIP"], "None")
        spec = self.of("Job", "fleet-worker")["spec"]
        self.assertEqual((spec["completions"], spec["parallelism"]), (int(run_flags["--expect-workers"]),) * 2)
        for of in ("fleet-coordinator", "fleet-worker"):
            [token] = [one for one in self.container("Job", of)["env"] if one["name"] == "FLEET_WORKER_TOKEN"]
            self.assertEqual(token["valueFrom"]["secretKeyRef"], {"name": "fleet-workers", "key": "token"})
        # Without, it would be refused: the addresses are not of one machine.
        self.assertEqual(flags["--worker-certs"], run_flags["--worker-certs"])
        [first] = spec["template"]["spec"]["initContainers"]
        self.assertEqual(first["command"][:2], ["/bin/bash", "-c"])
        self.assertIn("/dev/tcp/" + place.replace(":", "/") + ")", first["command"][2])
        self.assertEqual(run(["bash", "-n", "-c", first["command"][2]]).code, 0)

    def test_the_first_container_of_a_worker_waits_until_somebody_listens(self):
        [first] = self.of("Job", "fleet-worker")["spec"]["template"]["spec"]["initContainers"]
        port = free_port()
        place = f"/dev/tcp/127.0.0.1/{port}"
        with socket.create_server(("127.0.0.1", port)):
            command = [word.replace("/dev/tcp/fleet-coordinator/7400", place) for word in first["command"]]
            self.assertEqual(run(command).code, 0)
        waits = self.started(Process(command))
        with socket.create_server(("127.0.0.1", port)) as there:
            self.assertEqual(waits.wait(30), 0)
            there.settimeout(5)
            there.accept()[0].close()  # one that had not waited would not have come

    def test_volumes_secrets_and_files_fit_together(self):
        claims = {one["metadata"]["name"] for one in self.all if one["kind"] == "PersistentVolumeClaim"}
        keys = set()
        for _, pod in self.pods():
            [container] = pod["spec"]["containers"]
            volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
            mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
            self.assertEqual(len(mounts), len(volumes))
            for flag, path in flags_of(container["args"]).items():
                if path.startswith("/"):
                    self.assertTrue(any(path == at or path.startswith(at + "/") for at in mounts), f"{flag} {path}")
                if flag == "--admin-token-file":
                    at, key = path.rsplit("/", 1)
                    keys.add((mounts[at]["secret"]["secretName"], key))
                if flag == "--worker-certs":
                    certs = mounts[path]["secret"]["secretName"]
            for variable in container.get("env", []):
                of = variable["valueFrom"]["secretKeyRef"]
                keys.add((of["name"], of["key"]))
            for volume in volumes.values():
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"], claims)
        texts = "".join(path.read_text() for path in self.FILES)
        self.assertEqual(keys, {("fleet-twin", "admin-token"), ("fleet-workers", "token")})
        for secret, key in keys:
            self.assertIn(f"create secret generic {secret} --from-literal={key}=", texts)
        self.assertEqual(certs, "fleet-workers")
        made = self.folder / "certs"
        self.assertEqual(run([FLEET, "worker", "--init-certs", made]).code, 0)
        self.assertEqual(set(re.findall(r"--from-file=certs/(\S+)", texts)), set(os.listdir(made)) - {"ca.key"})

    def test_a_run_is_not_repeated_and_nothing_runs_as_root(self):
        for name in ("fleet-run", "fleet-coordinator"):
            job = self.of("Job", name)
            self.assertEqual(job["spec"]["backoffLimit"], 0)
            self.assertEqual(job["spec"]["template"]["spec"]["restartPolicy"], "Never")
        user = next(rest for name, rest in Container().steps() if name == "USER").split(":")[0]
        for _, pod in self.pods():
            context = pod["spec"]["securityContext"]
            self.assertTrue(context["runAsNonRoot"])
            self.assertEqual(context["runAsUser"], int(user))
            for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
                self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"])
                self.assertEqual(container["securityContext"]["capabilities"]["drop"], ["ALL"])


class Names(Case):
    def test_no_registry_is_named_and_all_is_of_one_version(self):
        version = run([FLEET, "version"]).output.split()[1]
        for path in [path for path in DEPLOY.rglob("*") if path.is_file()]:
            text = path.read_text()
            self.assertNotRegex(text, r"\b[a-z0-9-]+\.(io|com|dev)/(?!(scrape|port|path|name|component)\b)", path.name)
            for image in re.findall(r"(?<![\w/-])fleet:([\w.]+)", text):
                self.assertEqual(image, version, path.name)


del DeployCase  # its own test runs in those made of it
if __name__ == "__main__":
    main()
