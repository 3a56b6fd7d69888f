#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tests/leash: nothing that a test starts outlives it, however the test, its holders or ctest end. The
processes that must end are as hard to find as can be: orphans in sessions of their own.
usage: leash.py LEASH CTEST
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

LEASH = CTEST = ""
PATIENCE = 120  # seconds; only what fails waits so long

# A daemon: its parent has ended, its session is its own, it holds no file. Its number is written.
DAEMON = """echo $$ >{0}.test
setsid sh -c 'sleep 7777 </dev/null >/dev/null 2>&1 & echo $! >"$0.new"
mv "$0.new" "$0"' {0}
"""


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(what) -> bool:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Leash(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.note = Path(folder.name) / "pid"
        self.folder = Path(folder.name)
        self.script = self.folder / "test"

    def write(self, then: str) -> list[str]:
        self.script.write_text(DAEMON.format(self.note) + then)
        return [LEASH, "sh", str(self.script)]

    def call(self, then: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.write(then), stdin=subprocess.DEVNULL, text=True,
                              stderr=subprocess.PIPE, check=False, timeout=PATIENCE)

    def daemon(self) -> int:
        self.assertTrue(wait_until(self.note.exists), "the daemon has not started")
        return int(self.note.read_text())

    def gone(self):
        pid = self.daemon()
        self.assertTrue(wait_until(lambda: not runs(pid)), "the daemon still runs")

    def held(self) -> tuple[subprocess.Popen, int]:
        """A test that goes on: the outer holder, and the inner one's number."""
        outer = subprocess.Popen(self.write("exec sleep 7777\n"), stdin=subprocess.DEVNULL)
        self.addCleanup(outer.wait)
        self.addCleanup(outer.kill)
        self.assertTrue(runs(self.daemon()))
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        self.assertEqual(len(children), 1)
        return outer, int(children[0])

    def test_codes_go_through(self):
        for code in (0, 1, 3, 77):
            done = subprocess.run([LEASH, "sh", "-c", f"exit {code}"], check=False)
            self.assertEqual(done.returncode, code)
        done = subprocess.run([LEASH, "sh", "-c", "kill -SEGV $$"], check=False)
        self.assertEqual(done.returncode, 128 + signal.SIGSEGV)
        self.assertEqual(subprocess.run([LEASH, "/nonexistent"], check=False).returncode, 127)
        self.assertEqual(subprocess.run([LEASH], check=False).returncode, 2)

    def test_signals_are_the_tests_own(self):
        done = subprocess.run([LEASH, "grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"],
                              stdout=subprocess.PIPE, text=True, check=True)
        own = subprocess.run(["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"],
                             stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual(done.stdout, own.stdout)

    def test_what_is_left_fails_the_test(self):
        done = self.call("exit 0\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("left behind: sleep", done.stderr)
        self.gone()

    def test_what_a_failure_leaves_is_ended(self):
        self.assertEqual(self.call("exit 3\n").returncode, 3)
        self.gone()

    def test_what_ends_by_itself_is_no_fault(self):
        self.assertEqual(self.call(f"kill $(cat {self.note})\nsleep 0.5 &\n").returncode, 0)
        self.gone()

    def test_told_to_end(self):
        outer, _ = self.held()
        outer.terminate()
        self.assertEqual(outer.wait(PATIENCE), 128 + signal.SIGTERM)
        self.gone()

    def test_outer_killed(self):
        outer, _ = self.held()
        outer.kill()
        self.gone()

    def test_inner_killed(self):
        outer, inner = self.held()
        os.kill(inner, signal.SIGKILL)
        self.assertEqual(outer.wait(PATIENCE), 128 + signal.SIGKILL)
        self.gone()

    def ctest(self, leash: str, properties: str = "") -> list[str]:
        """The command of a ctest whose only test goes on for ever."""
        self.write("exec sleep 7777\n")
        (self.folder / "CTestTestfile.cmake").write_text(
            f'add_test(long {leash} sh "{self.script}")\n{properties}')
        return [CTEST, "--test-dir", str(self.folder)]

    def test_limit_of_time(self):
        limit = 'set_tests_properties(long PROPERTIES TIMEOUT "3")\n'
        done = subprocess.run(self.ctest(f'"{LEASH}"', limit), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE)
        self.assertIn("Timeout", done.stdout)
        self.gone()

    def test_ctest_killed(self):
        with subprocess.Popen(self.ctest(f'"{LEASH}"'), stdout=subprocess.DEVNULL) as process:
            self.daemon()
            process.kill()
        self.gone()

    def test_it_takes_a_leash(self):
        """Without one the same daemon outlives ctest, or the tests above would show nothing."""
        with subprocess.Popen(self.ctest(""), stdout=subprocess.DEVNULL) as process:
            pid = self.daemon()
            process.kill()
        time.sleep(1)
        self.assertTrue(runs(pid))
        for left in (pid, int(self.note.with_suffix(".test").read_text())):
            os.kill(left, signal.SIGKILL)


if __name__ == "__main__":
    LEASH, CTEST = os.path.abspath(sys.argv[1]), sys.argv[2]
    unittest.main(argv=sys.argv[:1], verbosity=2)
