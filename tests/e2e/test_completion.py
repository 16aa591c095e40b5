# Completions and man pages by the programs that read them: bash, zsh, fish, groff.
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import harness  # noqa: E402
from process import run  # noqa: E402

# Words as bash has them, the last of them the one that is completed.
ASK_BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_fleet
printf '%s\\n' "${COMPREPLY[@]}"
"""


def fleet(*words):
    done = run([harness.FLEET, *words], 60)
    if done.code != 0:
        raise AssertionError(f"{words}: {done.code}\n{done.error_output}")
    return done.output + "\n"


class Bash(harness.Case):
    def setUp(self):
        super().setUp()
        harness.need("bash")
        self.script = self.folder / "fleet.bash"
        self.script.write_text(fleet("completion", "bash"))

    def completed(self, *words):
        """What is offered for the last word, sorted."""
        done = subprocess.run(["bash", "--norc", "-c", ASK_BASH, "ask", self.script, *words],
                              capture_output=True, text=True, timeout=30, cwd=self.folder.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(done.stdout.split("\n")[:-1]) if done.stdout != "\n" else []

    def test_the_script_is_one_that_bash_takes(self):
        done = run(["bash", "-n", self.script], 30)
        self.assertEqual((done.code, done.error_output), (0, ""))

    def test_subcommands(self):
        self.assertIn("run", self.completed("fleet", ""))
        self.assertEqual(self.completed("fleet", "re"), ["report"])
        self.assertEqual(self.completed("fleet", "device", "mq"), ["mqtt"])
        self.assertEqual(self.completed("fleet", "device", "mqtt", ""), ["start"])
        self.assertIn("start", self.completed("fleet", "cloud", "campaign", "st"))
        self.assertEqual(self.completed("fleet", "nonsense", ""), [])

    def test_help_goes_before_what_it_is_about(self):
        self.assertIn("metrics", self.completed("fleet", "help", ""))
        self.assertEqual(self.completed("fleet", "help", "cloud", "ser"), ["serve"])
        self.assertEqual(self.completed("fleet", "help", "cloud", "serve", ""), [])

    def test_flags_of_the_command_and_no_other(self):
        self.assertEqual(self.completed("fleet", "run", "--dev"), ["--devices"])
        self.assertIn("--mqtts", self.completed("fleet", "cloud", "serve", "--mq"))
        self.assertEqual(self.completed("fleet", "check", "--dev"), [])
        self.assertEqual(self.completed("fleet", "run", "--devices", "5", "--virtual", "--qu"),
                         ["--quiet"])
        self.assertIn("--help", self.completed("fleet", "run", "--h"))

    def test_values_that_are_words(self):
        profiles = ["linkdevelop", "linkplatform", "mqtt"]
        self.assertEqual(self.completed("fleet", "run", "--profile", ""), profiles)
        self.assertEqual(self.completed("fleet", "run", "--profile", "=", "m"), ["mqtt"])
        self.assertEqual(self.completed("fleet", "run", "--profile", "="), profiles)
        self.assertEqual(self.completed("fleet", "run", "--color", "n"), ["never"])
        self.assertEqual(self.completed("fleet", "completion", "z"), ["zsh"])
        # What only the user knows is not made up.
        self.assertEqual(self.completed("fleet", "run", "--devices", ""), [])

    def test_faults_and_presets(self):
        self.assertEqual(self.completed("fleet", "run", "--fault", "flaky"), ["flaky_wifi"])
        self.assertIn("cloud_restart", self.completed("fleet", "fault", "add", "cloud_"))
        self.assertEqual(self.completed("fleet", "fault", "add", "latency", "perc"), ["percent="])

    def test_files_and_folders(self):
        (self.folder / "a scenario.yaml").write_text("")
        (self.folder / "a folder").mkdir()
        both = ["a folder", "a scenario.yaml"]
        self.assertEqual(self.completed("fleet", "run", "--scenario", "a"), both)
        self.assertEqual(self.completed("fleet", "check", "a"), both)
        self.assertEqual(self.completed("fleet", "report", "a"), both)
        self.assertEqual(self.completed("fleet", "cloud", "serve", "--data", "a"), ["a folder"])


class OtherShells(harness.Case):
    def test_zsh_takes_its_script_and_completes_by_it(self):
        harness.need("zsh")
        script = self.folder / "_fleet"
        script.write_text(fleet("completion", "zsh"))
        done = run(["zsh", "-f", "-n", script], 30)
        self.assertEqual((done.code, done.error_output), (0, ""))
        # Without a line editor the lists can be asked for, and what they are made into seen.
        ask = ("compdef() { :; }; source $1; _describe() { print -rl -- ${(P)4}; };"
               " compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- \"$@\"; };"
               " _files() { print -r -- files $*; }; words=(\"${@[2,-1]}\"); CURRENT=$#words;"
               " _fleet")

        def completed(*words):
            done = run(["zsh", "-f", "-c", ask, "ask", script, *words], 30)
            self.assertEqual((done.code, done.error_output), (0, ""))
            return [line for line in done.output.split("\n") if line]
        self.assertTrue(any(line.startswith("run:") for line in completed("fleet", "")))
        self.assertTrue(any(line.startswith("--devices:How many devices")
                            for line in completed("fleet", "run", "--")))
        self.assertEqual(completed("fleet", "run", "--profile", ""),
                         ["linkdevelop", "linkplatform", "mqtt"])
        self.assertEqual(completed("fleet", "run", "--json", ""), ["files"])
        self.assertEqual(completed("fleet", "cloud", "serve", "--data", ""), ["files -/"])
        self.assertTrue(any(line.startswith("serve:")
                            for line in completed("fleet", "help", "cloud", "")))

    def test_fish_takes_its_script_and_completes_by_it(self):
        harness.need("fish")
        script = self.folder / "fleet.fish"
        script.write_text(fleet("completion", "fish"))
        done = run(["fish", "--no-config", "-n", script], 30)
        self.assertEqual((done.code, done.error_output), (0, ""))

        def completed(line):
            done = run(["fish", "--no-config", "-c",
                        f"source {script}; complete -C '{line}'"], 30)
            self.assertEqual((done.code, done.error_output), (0, ""))
            return [each.split("\t")[0] for each in done.output.split("\n") if each]
        self.assertIn("run", completed("fleet "))
        self.assertIn("--devices", completed("fleet run --dev"))
        self.assertEqual(completed("fleet run --profile "),
                         ["linkdevelop", "linkplatform", "mqtt"])
        self.assertEqual(completed("fleet cloud firmware a"), ["add"])
        self.assertEqual(completed("fleet help cloud ser"), ["serve"])


class ManPages(harness.Case):
    def rendered(self, *words):
        harness.need("groff")
        page = self.folder / "page.1"
        page.write_text(fleet("help", "--man", *words))
        done = run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", page], 60)
        self.assertEqual((done.code, done.error_output), (0, ""), words)
        return done.output

    def test_one_of_the_whole_program(self):
        text = self.rendered()
        for part in ("FLEET(1)", "fleet cloud serve", "--devices", "NO_COLOR", "130 interrupted"):
            self.assertIn(part, text)

    def test_of_a_subcommand_and_of_several(self):
        text = self.rendered("run")
        self.assertIn("FLEET-RUN(1)", text)
        self.assertNotIn("--mqtts", text)
        text = self.rendered("cloud", "campaign")
        self.assertIn("fleet cloud campaign start", text)
        self.assertNotIn("fleet cloud firmware add FILE", text)

    def test_of_nothing_that_there_is(self):
        done = run([harness.FLEET, "help", "--man", "nonsense"], 30)
        self.assertEqual(done.code, 2)
        self.assertIn("nonsense", done.error_output)


if __name__ == "__main__":
    harness.main()
