# The live view on a real terminal: taken and given back however the run ends, drawn to its size, and
# not there where nobody can look.
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402
from terminal import COLOUR, Terminal  # noqa: E402


class View(harness.Case):
    def watched(self, *words, rows=24, columns=80, env=None, duration="1h"):
        """A run of some devices in front of a terminal."""
        command = [harness.FLEET, "run", "--devices", "20", "--duration", duration, "--interval",
                   "1s", "--metrics", "off", "--control", "off", "--seed", "7", *words]
        return self.started(Terminal(command, rows, columns, env))

    def assert_given_back(self, terminal):
        screens = terminal.screens
        self.assertEqual((screens.entered, screens.left), (screens.left, screens.entered))
        self.assertGreater(screens.entered, 0)
        self.assertFalse(screens.other)
        self.assertTrue(screens.cursor)
        self.assertTrue(screens.wraps)
        self.assertTrue(terminal.as_before())

    def test_a_run_that_ends_by_itself(self):
        terminal = self.watched(duration="4s")
        terminal.see_text("20 of 20 online")
        self.assertFalse(terminal.as_before())
        self.assertEqual(terminal.wait(), 0)
        self.assert_given_back(terminal)
        self.assertEqual(terminal.screens.entered, 1)
        self.assertIn("repeat with: fleet run", terminal.screens.ordinary)
        self.assertIn("verdict        passed", terminal.screens.ordinary)
        self.assertTrue(COLOUR.search(terminal.raw))

    def test_whatever_stops_it_stops_it_in_order(self):
        for how in ("\x03", "q", signal.SIGTERM):
            with self.subTest(how=how):
                terminal = self.watched()
                terminal.see_text("20 of 20 online")
                if isinstance(how, str):
                    terminal.press(how)
                else:
                    terminal.signal(how)
                self.assertEqual(terminal.wait(), 130)
                self.assert_given_back(terminal)
                self.assertIn("stopping: ", terminal.screens.ordinary)
                self.assertIn("verdict        passed", terminal.screens.ordinary)

    def test_a_second_wish_to_end_is_obeyed_at_once(self):
        with harness.Twin("--profile", "mqtt") as twin:
            terminal = self.watched("--grace", "10m", "--profile", "mqtt", "--target",
                                    f"mqtt://{twin.addresses['mqtt']}")
            terminal.see_text("20 of 20 online")
            # Nothing in flight is acknowledged any more, so the grace would be used up.
            twin.signal(signal.SIGSTOP)
            try:
                terminal.press("\x03")
                terminal.see_text("Ctrl-C ends at once")
                terminal.press("q")  # says no more than the first wish
                terminal.press("\x03")
                self.assertEqual(terminal.wait(), 130)
            finally:
                twin.signal(signal.SIGCONT)
            self.assert_given_back(terminal)
            self.assertIn("ending at once without a report", terminal.screens.ordinary)

    def test_a_crash_gives_the_terminal_back(self):
        for number in (signal.SIGABRT, signal.SIGQUIT, signal.SIGSEGV, signal.SIGHUP):
            with self.subTest(number=number):
                terminal = self.watched("--fault", "latency by=1ms at=1s for=1h")
                terminal.see_text("told")
                terminal.signal(number)
                self.assertNotIn(terminal.wait(), (0, 130))
                self.assert_given_back(terminal)
                # What was told meanwhile is not lost.
                self.assertIn("latency", terminal.screens.ordinary.split("repeat with")[1])

    def test_lines_for_standard_error_come_after_it(self):
        terminal = self.watched("--fault", "latency by=1ms at=1s for=1s", duration="6s")
        terminal.see_text("latency is over")
        self.assertNotIn("latency is over", terminal.screens.ordinary)
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("latency is over", terminal.screens.ordinary.split("verdict")[0])

    def test_it_is_drawn_anew_to_a_new_size(self):
        terminal = self.watched()
        terminal.see_text("20 of 20 online")
        terminal.resize(20, 40)
        terminal.see_text("20/20")
        terminal.see(lambda s: s.lines[-1].startswith("q stops"), "the last row")
        terminal.resize(40, 120)
        terminal.see_text("20 of 20 online")
        terminal.see(lambda s: s.lines[-1].startswith("q stops"), "the last row")
        terminal.resize(3, 10)
        terminal.see(lambda s: s.text.startswith("run"), "the run alone")
        terminal.press("q")
        self.assertEqual(terminal.wait(), 130)
        self.assert_given_back(terminal)

    def test_keys_explain_and_draw_anew(self):
        terminal = self.watched()
        terminal.see_text("20 of 20 online")
        terminal.press("?")
        terminal.see_text("back to the view")
        terminal.press("?")
        terminal.see_text("20 of 20 online")
        cleared = terminal.screens.clears
        terminal.press("\x0c")
        terminal.see(lambda s: s.clears > cleared, "all of it anew")
        terminal.press("q")
        self.assertEqual(terminal.wait(), 130)

    def test_colours_are_as_the_user_wants_them(self):
        for env, words, wanted in (({"NO_COLOR": "1"}, (), False),
                                   ({"NO_COLOR": "1"}, ("--color", "always"), True),
                                   ({}, ("--color", "never"), False),
                                   ({"NO_COLOR": ""}, (), True)):
            with self.subTest(env=env, words=words):
                terminal = self.watched(*words, env=env)
                terminal.see_text("20 of 20 online")
                terminal.press("q")
                self.assertEqual(terminal.wait(), 130)
                self.assertEqual(bool(COLOUR.search(terminal.raw)), wanted)

    def test_it_is_ascii_where_the_locale_is(self):
        terminal = self.watched(env={"LC_ALL": "C"})
        terminal.see_text("20 of 20 online")
        self.assertTrue(terminal.screens.text.isascii())
        self.assertIn("###", terminal.screens.text)
        terminal.press("q")
        self.assertEqual(terminal.wait(), 130)

    def test_lines_where_nobody_wants_it_or_the_terminal_cannot(self):
        for env, words in (({}, ("--plain",)), ({"TERM": "dumb"}, ()), ({"TERM": ""}, ())):
            with self.subTest(env=env, words=words):
                terminal = self.watched(*words, "--report-every", "500ms", env=env, duration="2s")
                self.assertEqual(terminal.wait(), 0)
                self.assertNotIn("\x1b", terminal.raw.removesuffix("\x1b[?2004l"))
                self.assertIn("online 20/20", terminal.raw)

    def test_no_view_for_a_pipe_or_in_the_background(self):
        words = (f"{harness.FLEET} run --devices 5 --duration 1s --metrics off --control off")
        terminal = self.started(Terminal(["bash", "--norc", "-c", f"{words} | cat; exit 0"]))
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screens.entered, 0)
        self.assertIn("verdict", terminal.screens.ordinary)
        terminal = self.started(Terminal(["bash", "--norc", "-c", f"set -m; {words} & wait"]))
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screens.entered, 0)
        self.assertIn("verdict", terminal.screens.ordinary)

    def test_the_shell_stops_it_and_lets_it_go_on(self):
        terminal = self.started(Terminal(["bash", "--norc", "--noprofile", "-i"],
                                         env={"PS1": "shell> "}))
        terminal.see(lambda s: "shell> " in s.ordinary, "a prompt")
        terminal.press(f"{harness.FLEET} run --devices 20 --duration 1h --interval 1s --metrics off"
                       " --control off\n")
        terminal.see_text("20 of 20 online")
        terminal.press("\x1a")
        terminal.see(lambda s: not s.other and "Stopped" in s.ordinary, "it stopped")
        self.assertTrue(terminal.screens.cursor)
        terminal.press("fg\n")
        terminal.see(lambda s: s.entered == 2 and "online" in s.text, "it goes on")
        terminal.press("q")
        terminal.see(lambda s: not s.other and "verdict" in s.ordinary, "the report")
        terminal.press("exit\n")
        terminal.wait()
        self.assertEqual(terminal.screens.entered, terminal.screens.left)

    def test_a_stop_by_somebody_else_leaves_it_whole(self):
        terminal = self.watched()
        terminal.see_text("20 of 20 online")
        cleared = terminal.screens.clears
        terminal.signal(signal.SIGSTOP)
        terminal.signal(signal.SIGCONT)
        terminal.see(lambda s: s.clears > cleared and "20 of 20" in s.text, "all of it anew")
        terminal.press("q")
        self.assertEqual(terminal.wait(), 130)
        self.assertFalse(terminal.screens.other)
        self.assertTrue(terminal.as_before())

    def test_a_simulated_run_is_the_same_with_it(self):
        words = ["--virtual", "--devices", "50", "--duration", "6h", "--seed", "7", "--metrics",
                 "off", "--json"]
        terminal = self.started(Terminal([harness.FLEET, "run", *words, self.folder / "seen.json"]))
        terminal.see_text("× life")
        self.assertEqual(terminal.wait(300), 0)
        self.assert_given_back(terminal)
        done = run([harness.FLEET, "run", *words, self.folder / "unseen.json"], 300)
        self.assertEqual(done.code, 0)
        digests = [json.loads((self.folder / name).read_text())["digest"]
                   for name in ("seen.json", "unseen.json")]
        self.assertEqual(digests[0], digests[1])


if __name__ == "__main__":
    harness.main()
