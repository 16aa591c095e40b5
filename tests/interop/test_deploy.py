# deploy/: what systemd, YAML and a reader of Dockerfiles say of it, and whether it still fits the program: each command
# line is one that its parser takes, each port is the one that a flag opens, each package is in cmake/packages.txt.
import configparser
import pathlib
import re
import shlex
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import FLEET, ROOT, Case, main, need  # noqa: E402
from process import run  # noqa: E402

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

    def test_there_are_two(self):
        self.assertEqual([path.name for path in self.UNITS], ["fleet-run@.service", "fleet-twin.service"])

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
            service = self.unit(path)["Service"]
            lines = [service[key] for key in ("ExecStartPre", "ExecStart") if key in service]
            for line in lines:
                line = re.sub(r"\$[A-Z_]+$", "", line.lstrip("-")).replace("%i", "smart_home").replace("%S", "/var/lib")
                self.assertNotRegex(line, r"[%$]")
                words = shlex.split(line)
                self.assertEqual(words[0], INSTALLED)
                self.assert_accepted(words[1:])

    def test_they_listen_on_loopback_where_the_dashboards_look(self):
        ports = {}
        for path in self.UNITS:
            flags = flags_of(shlex.split(self.unit(path)["Service"]["ExecStart"]))
            for flag in ("--mqtt", "--mqtts", "--admin", "--metrics"):
                if flag in flags:
                    self.assertTrue(flags[flag].startswith("127.0.0.1:"), flags)
            ports[path.name] = port_of(flags["--metrics"])
        scraped = (ROOT / "dashboards/prometheus.yml").read_text()
        self.assertEqual(len(set(ports.values())), 2)
        for port in ports.values():
            self.assertIn(f'"127.0.0.1:{port}"', scraped)

    def test_they_are_hardened_and_have_room_for_connections(self):
        for path in self.UNITS:
            service = self.unit(path)["Service"]
            for key, value in HARDENED.items():
                self.assertEqual(service.get(key), value, f"{path.name} {key}")
            self.assertGreaterEqual(int(service["LimitNOFILE"]), 100_000)
            self.assertEqual(service["SuccessExitStatus"], "130", "an orderly stop is no failure")
            folder = service["StateDirectory"].replace("%i", "x")
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
CONTAINER = {"name!": TEXT, "image!": TEXT, "args!": [TEXT],
             "env": [{"name!": TEXT, "valueFrom": {"secretKeyRef!": {"name!": TEXT, "key!": TEXT}}}],
             "ports!": [{"name!": TEXT, "containerPort!": (int,)}],
             "readinessProbe": {"tcpSocket!": {"port!": TEXT}, "periodSeconds": (int,)},
             "livenessProbe": {"httpGet!": {"path!": TEXT, "port!": TEXT}, "periodSeconds": (int,),
                               "timeoutSeconds": (int,)},
             "resources!": {"requests!": {"cpu!": TEXT, "memory!": TEXT}, "limits!": {"memory!": TEXT}},
             "securityContext!": {"allowPrivilegeEscalation!": (bool,), "readOnlyRootFilesystem!": (bool,),
                                  "capabilities!": {"drop!": [TEXT]}},
             "volumeMounts": [{"name!": TEXT, "mountPath!": TEXT, "readOnly": (bool,)}]}
POD = {"metadata!": {"labels!": {"*": TEXT}, "annotations!": {"*": TEXT}},
       "spec!": {"restartPolicy": TEXT, "automountServiceAccountToken!": (bool,),
                 "terminationGracePeriodSeconds!": (int,),
                 "securityContext!": {"runAsNonRoot!": (bool,), "runAsUser!": (int,), "runAsGroup!": (int,),
                                      "fsGroup": (int,), "seccompProfile!": {"type!": TEXT}},
                 "containers!": [CONTAINER],
                 "volumes": [{"name!": TEXT, "persistentVolumeClaim": {"claimName!": TEXT},
                              "secret": {"secretName!": TEXT}, "emptyDir": {}}]}}
TOP = {"apiVersion!": TEXT, "kind!": TEXT, "metadata!": META}
SHAPES = {
    "PersistentVolumeClaim": ("v1", {"accessModes!": [TEXT], "resources!": {"requests!": {"storage!": TEXT}}}),
    "Service": ("v1", {"selector!": {"*": TEXT},
                       "ports!": [{"name!": TEXT, "port!": (int,), "targetPort!": TEXT}]}),
    "Deployment": ("apps/v1", {"replicas!": (int,), "strategy!": {"type!": TEXT},
                               "selector!": {"matchLabels!": {"*": TEXT}}, "template!": POD}),
    "Job": ("batch/v1", {"backoffLimit!": (int,), "ttlSecondsAfterFinished": (int,), "template!": POD}),
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
    FILE = DEPLOY / "kubernetes/fleet.yaml"

    def setUp(self):
        super().setUp()
        if yaml is None:
            self.skipTest("PyYAML is not installed")
        self.all = list(yaml.safe_load_all(self.FILE.read_text()))

    def of(self, kind):
        return next(one for one in self.all if one["kind"] == kind)

    def pods(self):
        return [(one, one["spec"]["template"]) for one in self.all if one["kind"] in ("Deployment", "Job")]

    def test_has_the_shape_that_each_kind_has(self):
        self.assertEqual(sorted(one["kind"] for one in self.all), sorted(SHAPES))
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
            opened = {flag[2:]: port_of(flags[flag]) for flag in ("--mqtt", "--mqtts", "--admin", "--metrics")
                      if flag in flags}
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            self.assertEqual(ports, opened)
            self.assertLessEqual(set(ports.values()), exposed)
            notes = pod["metadata"]["annotations"]
            self.assertEqual(notes, {"prometheus.io/scrape": "true", "prometheus.io/port": str(opened["metrics"]),
                                     "prometheus.io/path": "/metrics"})
            for probe in ("readinessProbe", "livenessProbe"):
                for how in container.get(probe, {}).values():
                    if isinstance(how, dict):
                        self.assertIn(how["port"], ports)

    def test_the_service_leads_to_the_twin(self):
        service, deployment = self.of("Service"), self.of("Deployment")
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], labels)
        self.assertLessEqual(service["spec"]["selector"].items(), labels.items())
        self.assertNotEqual(labels, self.of("Job")["spec"]["template"]["metadata"]["labels"])
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"] for port in container["ports"]}
        for port in service["spec"]["ports"]:
            self.assertIn(port["targetPort"], ports)
        self.assertEqual((deployment["spec"]["replicas"], deployment["spec"]["strategy"]["type"]), (1, "Recreate"))

    def test_the_run_finds_the_twin(self):
        service = self.of("Service")
        [container] = self.of("Job")["spec"]["template"]["spec"]["containers"]
        flags = flags_of(container["args"])
        ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
        name = service["metadata"]["name"]
        self.assertEqual(flags["--target"], f"mqtt://{name}:{ports['mqtt']}")
        self.assertEqual(flags["--target-admin"], f"http://{name}:{ports['admin']}")
        self.assertEqual(container["env"][0]["name"], "FLEET_ADMIN_TOKEN")
        self.assertIn("FLEET_ADMIN_TOKEN", run([FLEET, "help", "run"]).output)

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
            for variable in container.get("env", []):
                of = variable["valueFrom"]["secretKeyRef"]
                keys.add((of["name"], of["key"]))
            for volume in volumes.values():
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"], claims)
        self.assertEqual(len(keys), 1, "the twin's token and the run's are one")
        secret, key = keys.pop()
        self.assertIn(f"create secret generic {secret} --from-literal={key}=", self.FILE.read_text())

    def test_a_run_is_not_repeated_and_nothing_runs_as_root(self):
        job = self.of("Job")
        self.assertEqual(job["spec"]["backoffLimit"], 0)
        self.assertEqual(job["spec"]["template"]["spec"]["restartPolicy"], "Never")
        user = next(rest for name, rest in Container().steps() if name == "USER").split(":")[0]
        for _, pod in self.pods():
            context = pod["spec"]["securityContext"]
            self.assertTrue(context["runAsNonRoot"])
            self.assertEqual(context["runAsUser"], int(user))
            for container in pod["spec"]["containers"]:
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
