#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What must be said beside a value reaches whoever gets the value: each condition that the table shows
is on standard error of every shape that has no place for it, and so is the reason of what is left
out. A policy takes all that a file names, and variables of each image's own.
usage: measure_conditions.py PROTOSTAR
"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from measure_diff import uki

# What is measured is the matter here: who may be a node, any policy has to say.
POLICY = ("policy", "--identity", "first_use")

PROTOSTAR = ""
OFF = "with Secure Boot off: with it on this stub loads the kernel unmeasured"
STORES = Path("/usr/share/OVMF")
EMPTY, KEYS = STORES / "OVMF_VARS_4M.fd", STORES / "OVMF_VARS_4M.ms.fd"


def measure(*words, code: int = 0):
    """Standard output and error of a command that must end with this code."""
    done = subprocess.run([PROTOSTAR, "measure", *map(str, words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
    if done.returncode != code:
        raise AssertionError(f"{words} ends with {done.returncode}: {done.stderr.decode()}")
    return done.stdout, done.stderr.decode()


def switched_off(store: Path) -> bytes:
    """The store with the same keys, and the variable that turns Secure Boot on as 0."""
    whole = bytearray(store.read_bytes())
    name = "SecureBootEnable\0".encode("utf-16-le")
    at = whole.index(name) + len(name)
    if whole[at] != 1 or whole.find(name, at) != -1:
        raise AssertionError(f"{store} is another store")
    whole[at] = 0
    return bytes(whole)


class WithImage(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.image = self.folder / "uki.efi"
        self.image.write_bytes(uki(initrd=b"070701" * 90))
        self.stub = ("--dialect", "systemd-257")

    def saved(self, name: str, *words) -> Path:
        path = self.folder / name
        path.write_bytes(measure("predict", *words, *self.stub, self.image)[0])
        return path


class Conditions(WithImage):
    def table(self, *words) -> dict[int, str]:
        """The conditions of known registers, by PCR, and the reasons of the others."""
        whole = json.loads(measure("predict", "--format", "full", *words, *self.stub,
                                   self.image)[0])
        return {r["pcr"]: r.get("reason") or r.get("remark", "") for r in whole["registers"]}

    def said(self, text: str) -> dict[int, tuple[str, str]]:
        """{PCR: (kind, text)} of the lines on standard error."""
        found = {}
        for line in text.splitlines():
            words = line.removeprefix("protostar: ").split(": ", 2)
            if words[0] in ("condition", "left out") and words[1].startswith("PCR "):
                for pcr in words[1][4:].split(", "):
                    found[int(pcr)] = (words[0], words[2])
        return found

    def test_every_shape(self):
        texts = self.table()
        self.assertIn(OFF, texts[4])
        for shape, pcrs in (("constellation", range(16)), ("aws", (4, 7, 12)), ("rvps", range(16)),
                            ("tcg2", range(16)), ("cel", range(16))):
            with self.subTest(shape=shape):
                out, err = measure("predict", "--format", shape, *self.stub, self.image)
                said = self.said(err)
                self.assertEqual(("condition", texts[4]), said[4])
                self.assertEqual(("condition", texts[12]), said[12])
                self.assertEqual(("left out", texts[7]), said[7])
                for pcr, (_, text) in said.items():
                    self.assertIn(pcr, pcrs)
                    self.assertEqual(texts[pcr], text)
                self.assertNotIn(b"condition", out)

    def test_what_carries_it_itself_says_no_more(self):
        for shape in ("table", "full"):
            out, err = measure("predict", "--format", shape, *self.stub, self.image)
            self.assertIn(OFF.encode(), out)
            self.assertEqual("", err)

    def test_registers_that_were_asked_for(self):
        out, err = measure("predict", "--json", "--pcrs", "7,11", *self.stub, self.image)
        self.assertEqual(["11"], list(json.loads(out)["measurements"]))
        self.assertEqual({7: ("left out", self.table()[7])}, self.said(err))
        words = ("--secure-boot", "off")
        out, err = measure("predict", "--json", "--pcrs", "7", *words, *self.stub, self.image)
        self.assertEqual({7: ("condition", self.table(*words)[7])}, self.said(err))

    def test_confidential_vms(self):
        out, err = measure("predict", "--tdx", "--format", "rvps", *self.stub, self.image)
        whole = json.loads(measure("predict", "--tdx", "--format", "full", *self.stub,
                                   self.image)[0])
        self.assertIn("rtmr_2", json.loads(out))
        for one in whole["cc"]:
            kind, text = ("condition", "remark") if one["known"] else ("left out", "reason")
            if text in one:  # RTMR 3 is known without one
                self.assertIn(f"{kind}: {one['register']}: {one[text]}", err)
        self.assertEqual([one["register"] for one in whole["cc"] if "remark" not in one],
                         ["mrtd", "rtmr3"])
        # A register that folds several has the conditions of all of them.
        rtmr2 = next(one for one in whole["cc"] if one["register"] == "rtmr2")
        self.assertIn(whole["registers"][12]["remark"], rtmr2["remark"])
        self.assertIn("Linux does since", rtmr2["remark"])

    def test_a_policy_says_it_of_each_set(self):
        files = {"image": self.image, "file": self.saved("full.json", "--format", "full")}
        for name, path in files.items():
            out, err = measure(*POLICY, *self.stub, "--image", f"{name}={path}")
            self.assertIn("4", json.loads(out)["sets"][0]["measurements"])
            self.assertIn(f'set "{name}": condition: PCR 4: {OFF}', err)
            self.assertIn(f'set "{name}": left out: PCR 7: ', err)

    def test_one_condition_hides_no_other(self):
        whole = json.loads(measure("predict", "--format", "full", "--secure-boot", "on",
                                   *self.stub, self.image)[0])
        self.assertIn("when firmware trusts the images", whole["registers"][4]["remark"])
        dbr = self.folder / "dbr"
        dbr.write_bytes(bytes.fromhex("2616c4c14c509240aca941f936934328") +
                        (28 + 48).to_bytes(4, "little") + (0).to_bytes(4, "little") +
                        (48).to_bytes(4, "little") + bytes(48))
        whole = json.loads(measure("predict", "--format", "full", "--secure-boot", "off", "--dbr",
                                   dbr, *self.stub, self.image)[0])
        remark = whole["registers"][7]["remark"]
        self.assertIn("does not measure dbr", remark)
        self.assertIn("if dbx is not set", remark)

    def test_check_says_it_of_what_differs(self):
        log = self.folder / "log"
        log.write_bytes(measure("predict", "--format", "tcg2", "--dialect", "systemd-258",
                                self.image)[0])
        out, _ = measure("check", "--log", log, *self.stub, self.image, code=1)
        self.assertIn(f"condition: {OFF}", out.decode())


class Policies(WithImage):
    def policy(self, *words, code: int = 0):
        out, err = measure(*POLICY, *self.stub, *words, code=code)
        sets = {one["name"]: one["measurements"] for one in json.loads(out)["sets"]} if out else {}
        return sets, err

    def test_all_that_a_file_names(self):
        for shape in ("full", "constellation"):
            file = self.saved("file.json", "--format", shape, "--secure-boot", "off", "--pcrs",
                              "2,3,4,6,7,9,11-13,15")
            sets, _ = self.policy("--image", f"a={file}")
            self.assertEqual(["2", "3", "4", "6", "7", "9", "11", "12", "13", "15"],
                             list(sets["a"]))
            values = json.loads(file.read_bytes())["measurements"]
            self.assertEqual(values, sets["a"])

    def test_what_a_file_only_warns_about(self):
        for shape in ("full", "constellation"):
            file = self.saved("file.json", "--format", shape)
            whole = json.loads(file.read_bytes())
            whole["measurements"]["9"]["warnOnly"] = True
            file.write_text(json.dumps(whole))
            sets, err = self.policy("--image", f"a={file}")
            self.assertTrue(sets["a"]["9"]["warnOnly"])
            self.assertFalse(sets["a"]["4"]["warnOnly"])
            self.assertIn("does not enforce PCR 9", err)
            whole["measurements"]["4"]["warnOnly"] = True
            file.write_text(json.dumps(whole))
            self.assertIn("would not enforce PCR 4", self.policy("--image", f"a={file}",
                                                                 code=1)[1])

    def test_variables_of_each_image(self):
        other = self.folder / "other.efi"
        other.write_bytes(uki(initrd=b"070701" * 91))
        keys = self.folder / "keys.fd"
        keys.write_bytes(switched_off(KEYS))
        words = ("--secure-boot", "off", "--image")
        sets, _ = self.policy(*words, f"a={self.image},vars={EMPTY},epoch=2", "--image",
                              f"b={other},role=x,vars={keys}")
        for name, store in (("a", EMPTY), ("b", keys)):
            alone = json.loads(measure("predict", "--json", "--pcrs", "7", "--secure-boot", "off",
                                       "--vars", store, *self.stub, self.image)[0])
            self.assertEqual(alone["measurements"]["7"], sets[name]["7"])
        self.assertNotEqual(sets["a"]["7"], sets["b"]["7"])
        # One of an image's own goes before the one of all.
        sets, _ = self.policy("--vars", EMPTY, *words, f"a={self.image},vars={keys}", "--image",
                              f"b={other}")
        self.assertNotEqual(sets["a"]["7"], sets["b"]["7"])
        sets, _ = self.policy(*words, f"a={self.image},vars={EMPTY}", "--image", f"b={other}")
        self.assertEqual(("7" in sets["a"], "7" in sets["b"]), (True, False))

    def test_images_that_lack_what_is_asked(self):
        other = self.folder / "other.efi"
        other.write_bytes(uki(initrd=b"070701" * 91))
        pcrs = ("--pcrs", "2-4,7,11,12,15", "--secure-boot", "off")
        sets, _ = self.policy(*pcrs, "--image", f"a={self.image},vars={EMPTY}", "--image",
                              f"b={other}")
        self.assertIn("7", sets["b"])
        file = self.saved("file.json", "--json")
        _, err = self.policy(*pcrs, "--image", f"a={self.image}", "--image", f"b={file}", code=1)
        self.assertIn('set "b" lacks PCR 7', err)
        self.assertNotIn('set "a" lacks', err)
        _, err = self.policy(*pcrs[:2], "--image", f"a={self.image}", "--image", f"b={other}",
                             code=1)
        self.assertIn('set "a" lacks PCR 7', err)
        self.assertIn('set "b" lacks PCR 7', err)

    def test_files_that_do_not_fit(self):
        file = self.saved("file.json", "--json", "--bank", "sha384")
        _, err = self.policy("--image", f"a={file}", code=1)
        self.assertIn("but of sha384: --bank", err)
        self.policy("--bank", "sha384", "--image", f"a={file}")
        _, err = self.policy("--image", f"a={file},vars={EMPTY}", code=1)
        self.assertIn("vars= is for an image", err)
        sha1 = self.saved("sha1.json", "--json", "--bank", "sha1")
        for words in ((), ("--bank", "sha1")):
            self.policy(*words, "--image", f"a={sha1}", code=1)
        file.write_text("")
        self.policy("--image", f"a={file}", code=1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROTOSTAR = str(Path(sys.argv.pop()).resolve())
    unittest.main(argv=sys.argv)
