# A real Chromium without a window, spoken to over its debugging pipe (the DevTools protocol, JSON with
# a null octet behind each message), so that nothing but Python's library is needed.
import base64
import json
import os
import subprocess

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--disable-extensions", "--hide-scrollbars",
         "--force-device-scale-factor=1", "--remote-debugging-pipe"]


class Chromium:
    """One browser with one page; everything that the page says or asks for is noted."""

    def __init__(self, program, folder):
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        words = " ".join(FLAGS)
        # The pipe is descriptors 3 and 4, by convention.
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$0" {words} --user-data-dir="$1" about:blank '
             f"3<&{to_browser} 4>&{from_browser}", program, str(folder)],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
                 "XDG_CACHE_HOME": str(folder)})
        os.close(to_browser)
        os.close(from_browser)
        self._rest = b""
        self._number = 0
        self.console = []   # what it wrote there, and what it threw
        self.requests = []  # every address that was asked for
        self._loaded = False
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"],
                                   flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._tell(f"{domain}.enable")

    def close(self):
        try:
            self._call("Browser.close")
        except (OSError, EOFError):
            pass
        os.close(self._out)
        os.close(self._in)
        self._process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self):
        while b"\0" not in self._rest:
            more = os.read(self._in, 1 << 16)
            if not more:
                raise EOFError("the browser ended")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.console.append(f"{params['type']}: "
                                + " ".join(str(a.get("value")) for a in params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.console.append(f"{params['entry']['level']}: {params['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            if params["request"]["url"] != "about:blank":
                self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def _call(self, method, session=None, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _tell(self, method, **params):
        return self._call(method, self._session, **params)

    def look(self, width, dark, height=900):
        """As on a screen of that width, in light or dark."""
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=1, mobile=width < 600)
        self._tell("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def before(self, script):
        """Runs before the scripts of every page that is opened from now on."""
        self._tell("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, path):
        self.visit(f"file://{path}")

    def visit(self, url):
        # Another fragment alone would load nothing.
        for each in ("about:blank", url):
            self._loaded = False
            self._tell("Page.navigate", url=each)
            while not self._loaded:
                self._note(self._read())

    def ask(self, expression):
        """The value of a JavaScript expression, as JSON has it."""
        answer = self._tell("Runtime.evaluate", expression=expression, returnByValue=True,
                            awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def move_to(self, x, y):
        self._tell("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, path, whole=True):
        shot = self._tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def printed(self):
        """The pages that a printer would get, as PDF."""
        return base64.b64decode(self._tell("Page.printToPDF", printBackground=True)["data"])
