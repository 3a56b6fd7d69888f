#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tests/other-release leaves nothing behind, however it ends: no process, no mount, no folder, and the
machine's devices are still there. A stand-in for mmdebstrap makes a Debian that holds nothing, or
never ends; the rest is real. Needs root.
usage: other_release.py OTHER_RELEASE
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

OTHER_RELEASE = Path()
PATIENCE = 120  # seconds; only what fails waits so long
FOLDERS = "proc sys dev srv etc"


CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000


def root_is_mounted() -> bool:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == "/" for line in lines)


def mount_root() -> None:
    """
    In a chroot that is a plain folder: makes / a mount point for this test. What holds the folder
    has no name here, so this goes to the namespace's own root and back.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result: int) -> None:
        if result:
            raise OSError(ctypes.get_errno(), "a mount namespace of the test's own")

    must(libc.unshare(CLONE_NEWNS))
    back = os.open("/", os.O_PATH | os.O_DIRECTORY)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    must(libc.setns(namespace, CLONE_NEWNS))
    must(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    os.fchdir(back)
    os.chroot(".")
    must(libc.mount(b"/", b"/mnt", None, MS_BIND | MS_REC, None))
    os.chroot("/mnt")
    os.chdir("/")
    os.close(back)
    os.close(namespace)


class OtherRelease(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="protostar-other-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("bin", "work"):
            (self.folder / name).mkdir()
        self.note = self.folder / "note"
        self.env = dict(os.environ, TMPDIR=str(self.folder / "work"),
                        PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}",
                        PROTOSTAR_MIRROR="file:/nonexistent",
                        PROTOSTAR_DISTDIR=str(self.folder / "none"))

    def mounts(self) -> list[str]:
        """What is mounted below this test's folder, in the eyes of the machine."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return [line for line in lines if str(self.folder) in line]

    def mmdebstrap(self, then: str) -> None:
        """Its arguments end with the folder and the sources."""
        tool = self.folder / "bin" / "mmdebstrap"
        tool.write_text('#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\n'
                        f'for f in {FOLDERS}; do mkdir -p "$1/$f"; done\n{then}\n')
        tool.chmod(0o755)

    def start(self, *words) -> subprocess.Popen:
        process = subprocess.Popen([OTHER_RELEASE, *words], env=self.env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def nothing_left(self) -> None:
        self.assertEqual(list((self.folder / "work").iterdir()), [])
        self.assertEqual(self.mounts(), [])
        self.assertTrue(Path("/dev/null").is_char_device())

    def interrupted(self, number: int) -> subprocess.Popen:
        self.mmdebstrap(f'echo >{self.note}\nwhile :; do sleep 1; done')
        process = self.start("13")
        self.wait(self.note.exists)
        self.assertTrue(self.running())
        process.send_signal(number)
        self.wait(lambda: not self.running())
        return process

    def running(self) -> bool:
        """Whether the stand-in still runs."""
        wanted = str(self.folder / "bin" / "mmdebstrap").encode()
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if wanted in entry.read_bytes().split(b"\0"):
                    return True
            except (FileNotFoundError, ProcessLookupError):
                pass
        return False

    def wait(self, what) -> None:
        end = time.monotonic() + PATIENCE
        while not what():
            self.assertLess(time.monotonic(), end, "it does not come")
            time.sleep(0.05)

    def test_interrupted(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                self.note.unlink(missing_ok=True)
                process = self.interrupted(number)
                self.assertEqual(process.wait(PATIENCE), code, process.stdout.read())
                self.nothing_left()

    def test_killed(self):
        """Then nobody can remove the folder; what matters is that nothing is mounted in it."""
        self.interrupted(signal.SIGKILL).wait(PATIENCE)
        self.assertEqual(self.mounts(), [])

    def test_a_debian_that_cannot_be_made(self):
        self.mmdebstrap("echo no such mirror; exit 1")
        process = self.start()
        self.assertIn("no such mirror", process.communicate(timeout=PATIENCE)[0])
        self.assertEqual(process.returncode, 1)
        self.nothing_left()

    def test_all_is_mounted_and_gone(self):
        """This Debian has no programs: the last step, chroot's, fails after all others."""
        self.mmdebstrap('echo 13 >"$1/etc/debian_version"')
        process = self.start("13", "-L", "unit")
        said = process.communicate(timeout=PATIENCE)[0]
        self.assertRegex(said, r"at [0-9a-f]+ .*\n.*failed to run command .*env")
        self.assertNotEqual(process.returncode, 0)
        self.nothing_left()

    def test_keeps_a_root_that_was_named(self):
        self.mmdebstrap('echo 13 >"$1/etc/debian_version"')
        root = self.folder / "kept"
        self.start("--root", root).communicate(timeout=PATIENCE)
        self.nothing_left()
        self.assertTrue((root / "srv/protostar/tests/run").is_file())
        self.mmdebstrap("echo made again; exit 1")
        said = self.start("--root", root).communicate(timeout=PATIENCE)[0]
        self.assertNotIn("made again", said)
        self.assertEqual(list((root / "dev").iterdir()), [])

    def test_misuse(self):
        for words in (["11"], ["--root"], ["--all", "-L", "unit"]):
            process = self.start(*words)
            self.assertIn("usage:", process.communicate(timeout=PATIENCE)[0])
            self.assertEqual(process.returncode, 2)


if __name__ == "__main__":
    OTHER_RELEASE = Path(sys.argv[1]).resolve()
    if not root_is_mounted():
        done = subprocess.run([OTHER_RELEASE], text=True, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode != 1 or "/ is no mount point here" not in done.stderr:
            sys.exit(f"not said that / is no mount point: {done.stderr}")
        mount_root()
    unittest.main(argv=sys.argv[:1], verbosity=2)
