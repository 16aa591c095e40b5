# Peers that tests and benchmarks start beside the program: certificates by the openssl command, and
# mosquitto and nginx with configurations of our own.
import os
import pathlib
import shutil

from process import Process, free_port, listening, run, wait_until

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def find_tool(name):
    """The path of a program, looked for in the administrators' folders too; None when absent."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":" + SBIN)


def openssl(*words, stdin=None):
    done = run(["openssl", *words], stdin=stdin)
    if done.code != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, words))}:\n{done.error_output}")
    return done


class Authority:
    """A certificate authority made for one test, and server certificates signed by it."""

    def __init__(self, folder, name="test-ca"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.ca = self.folder / f"{name}.pem"
        self._key = self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30", "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.ca)

    def server(self, name="server", alternative="DNS:localhost,IP:127.0.0.1"):
        """A certificate and its key for the given subject alternative names."""
        key, request, certificate = (self.folder / f"{self.name}-{name}.{end}"
                                     for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{self.name}-{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=localhost", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._key,
                "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", certificate)
        return certificate, key


class Mosquitto:
    """A mosquitto of our own on free loopback ports: no limits of its own, the default backlog of
    100. One that keeps has its sessions in its folder, over stop() and start(). `more`: lines of
    configuration."""

    def __init__(self, folder, authority=None, users=None, keeps=False, more=()):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.tls_port = None
        lines = ["per_listener_settings false", f"persistence {str(keeps).lower()}",
                 f"persistence_location {self.folder}/", "max_connections -1",
                 "max_inflight_messages 0", "max_queued_messages 0", "log_dest stderr",
                 "log_type error", "log_type warning", "log_type notice", *more]
        if os.geteuid() == 0:
            lines.append("user root")
        if users:
            passwords = self.folder / "passwords"
            passwords.write_text("".join(f"{u}:{p}\n" for u, p in users.items()))
            passwords.chmod(0o600)
            hashed = run([find_tool("mosquitto_passwd"), "-U", passwords])
            if hashed.code != 0:
                raise RuntimeError(hashed.error_output)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines.append("allow_anonymous true")
        lines.append(f"listener {self.port} 127.0.0.1")
        if authority is not None:
            self.tls_port = free_port()
            certificate, key = authority.server()
            lines += [f"listener {self.tls_port} 127.0.0.1", f"certfile {certificate}",
                      f"keyfile {key}"]
        self._config = self.folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")
        self.start()

    def stop(self):
        """As its owner stops it: it writes down what it keeps. Killed, it would lose some of what it
        acknowledged, however often it saves (docs/faults.md)."""
        self.process.stop()

    def start(self):
        self.process = Process([find_tool("mosquitto"), "-c", self._config])
        for port in (self.port, self.tls_port):
            if port is not None:
                wait_until(lambda p=port: listening(p) or not self.process.running(),
                           "mosquitto's listener")
        if not self.process.running():
            raise RuntimeError("mosquitto did not start:\n" + self.process.error_output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class Nginx:
    """An nginx of our own that serves a folder, over HTTP and with an authority over HTTPS too: no
    daemon, no log files, nothing outside its own folder. `server` lines go into both servers."""

    def __init__(self, folder, authority=None, server=()):
        self.folder = pathlib.Path(folder) / "nginx"
        self.root = self.folder / "files"
        self.root.mkdir(parents=True)
        self.port = free_port()
        self.tls_port = None
        listen = [f"listen 127.0.0.1:{self.port};"]
        if authority is not None:
            self.tls_port = free_port()
            certificate, key = authority.server()
            listen += [f"listen 127.0.0.1:{self.tls_port} ssl;", f"ssl_certificate {certificate};",
                       f"ssl_certificate_key {key};", "ssl_protocols TLSv1.2 TLSv1.3;"]
        own = [f"{kind}_temp_path {self.folder}/{kind};"
               for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
        lines = ["daemon off;", "master_process off;", f"pid {self.folder}/pid;",
                 "error_log stderr warn;", "events { worker_connections 4096; }",
                 "http { access_log off; sendfile on;", *own, "server {", *listen,
                 f"root {self.root};", *server, "} }"]
        config = self.folder / "nginx.conf"
        config.write_text("\n".join(lines) + "\n")
        self.process = Process([find_tool("nginx"), "-p", self.folder, "-e", "stderr", "-c",
                                config])
        for port in (self.port, self.tls_port):
            if port is not None:
                wait_until(lambda p=port: listening(p) or not self.process.running(),
                           "nginx's listener")
        if not self.process.running():
            raise RuntimeError("nginx did not start:\n" + self.process.error_output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
