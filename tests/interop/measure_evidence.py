#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Evidence as other people's programs give it: what tpm2_pcrread prints and writes, and what
tpm2_eventlog makes of logs of real machines, of logs in the older form of TPM 1.2 and of logs that
lie in a larger area.
usage: measure_evidence.py PROTOSTAR EVENTLOGS
"""

import json
import re
import shutil
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import measure_check
from measure_check import BANKS, Tpm, check, must, run
from measure_diff import uki

PROTOSTAR = ""
LOGS = Path()
# tpm2_eventlog 5.4 forgets the start-up locality of the first, crashes on the second, and takes no
# log without an event; their values are in test_event_log_machines.
NOT_THEIRS = {"glinux-alex.bin", "option_rom_eventlog.bin", "short_no_action_eventlog.bin"}


def records(log: bytes):
    """(PCR, type, {algorithm: digest}, data) of each event behind a crypto-agile header."""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at, digests = at + 12, {}
        for _ in range(count):
            name, size = measure_check.ALGORITHMS[struct.unpack_from("<H", log, at)[0]]
            digests[name] = log[at + 2:at + 2 + size]
            at += 2 + size
        size = struct.unpack_from("<I", log, at)[0]
        yield pcr, kind, digests, log[at + 4:at + 4 + size]
        at += 4 + size


def older(log: bytes) -> bytes:
    """The same log as firmware of TPM 1.2 writes it."""
    return b"".join(struct.pack("<II", pcr, kind) + digests["sha1"] +
                    struct.pack("<I", len(data)) + data
                    for pcr, kind, digests, data in records(log))


def listed_pcrs(text: str) -> dict:
    """The values at the end of what tpm2_eventlog prints."""
    banks: dict = {}
    for line in text[text.index("\npcrs:"):].splitlines():
        if match := re.fullmatch(r"  (\w+):", line):
            values = banks.setdefault(match[1], {})
        elif match := re.fullmatch(r"    (\d+) *: 0x([0-9a-f]+)", line):
            values[match[1]] = match[2]
    return banks


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name: str, data) -> Path:
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def complaint(self, *words, code: int = 2) -> str:
        done = run(PROTOSTAR, "measure", *words)
        self.assertEqual((code, b""), (done.returncode, done.stdout), done.stderr)
        return done.stderr.decode()


class Logs(WithFolder):
    def replay(self, path: Path, *words) -> dict:
        return json.loads(must(PROTOSTAR, "measure", "replay", "--json", *words, path))

    def same_as_tpm2_eventlog(self, path: Path) -> int:
        listing = must("tpm2_eventlog", path).decode(errors="replace")
        ours, theirs = self.replay(path), listed_pcrs(listing)
        self.assertEqual(set(ours), set(theirs), path)
        for bank, values in theirs.items():
            for pcr, value in values.items():
                self.assertEqual(ours[bank][pcr], value, (path, bank, pcr))
        # What it prints is read as values, which are those of the log.
        values = self.file("listing", listing)
        one = {"measurements": {"4": {"expected": theirs["sha1"]["4"], "warnOnly": False}}}
        self.assertEqual("same", check("--pcr-values", values, "--log", path, self.file(
            "one.json", json.dumps(one)), code=0)["verdict"])
        return sum(map(len, theirs.values()))

    def test_real_machines(self):
        compared = 0
        for path in sorted((LOGS / "google").glob("*.bin")):
            if path.name not in NOT_THEIRS and not path.name.startswith("ccel-"):
                compared += self.same_as_tpm2_eventlog(path)
        self.assertGreater(compared, 190)

    def test_the_older_form_and_larger_areas(self):
        agile = (LOGS / "o252.evlog").read_bytes()
        want = self.replay(LOGS / "o252.evlog")
        for name, log in (("agile", agile), ("older", older(agile))):
            self.same_as_tpm2_eventlog(self.file(name, log))
            for fill in (b"\0", b"\xff"):
                for size in (8, 33, 4096):
                    path = self.file("area", log + fill * size)
                    for bank, values in self.replay(path).items():
                        self.assertEqual(want[bank], values, (name, fill, size))
        self.assertEqual(["sha1"], list(self.replay(self.file("older", older(agile)))))

    def test_the_older_form_is_told(self):
        path = self.file("older", older((LOGS / "o252.evlog").read_bytes()))
        done = run(PROTOSTAR, "measure", "replay", "--events", path)
        self.assertIn(b"older form of TPM 1.2", done.stderr)
        self.assertIn(b"Calling EFI Application from Boot Option", done.stdout)
        for bank in ("sha256", "sha1,sha384", "all"):
            self.assertIn("SHA-1 digests alone", self.complaint("replay", "--bank", bank, path))

    def test_what_is_no_log(self):
        listing = self.file("listing", must("tpm2_eventlog", LOGS / "o252.evlog"))
        for words in (("replay",), ("check", "--pcrs", "4", "--log")):
            more = (listing,) if words[0] == "check" else ()
            self.assertIn("this is text", self.complaint(*words, listing, *more))
        table = self.file("CCEL", b"CCEL" + struct.pack("<I", 56) + bytes(48))
        for words in (("replay",), ("check", "--ccel"), ("check", "--log")):
            more = (listing,) if words[0] == "check" else ()
            self.assertIn("is the ACPI table", self.complaint(*words, table, *more))
        self.assertIn("SHA-384 digests alone", self.complaint(
            "check", "--ccel", LOGS / "o252.evlog", listing))


class Checked(WithFolder):
    """A predicted boot, and its log in the older form."""

    def setUp(self):
        super().setUp()
        self.image = self.file("uki.efi", uki(initrd=b"070701" * 90))
        self.words = ("--secure-boot", "off", "--dialect", "systemd-254")
        self.agile = must(PROTOSTAR, "measure", "predict", "--format", "tcg2", "--bank", "all",
                          *self.words, self.image)
        self.older = self.file("older", older(self.agile))

    def test_sha1_is_taken_when_it_is_asked_for(self):
        result = check("--log", self.older, "--bank", "sha1", *self.words, self.image, code=0)
        self.assertEqual(("same", "sha1"), (result["verdict"], result["bank"]))
        other = self.file("other.efi", uki(initrd=b"070701" * 91))
        result = check("--log", self.older, "--bank", "sha1", *self.words, other, code=1)
        self.assertEqual("different", result["verdict"])
        self.assertIn("SHA-1 alone", self.complaint("check", "--log", self.older, *self.words,
                                                    self.image))

    def test_no_policy_takes_it(self):
        sha256 = json.loads(must(PROTOSTAR, "measure", "predict", "--json", *self.words,
                                 self.image))
        for target in (sha256, {"identity": {"first_use": True}, "bank": "sha256", "sets": [
                {"name": "a", "measurements": sha256["measurements"]}]}):
            target = self.file("target.json", json.dumps(target))
            self.assertIn("bank", self.complaint("check", "--log", self.older, target))
        values = json.loads(must(PROTOSTAR, "measure", "replay", "--json", self.older))["sha1"]
        policy = {"identity": {"first_use": True}, "sets": [{"name": "a", "measurements": {
            pcr: {"expected": values[pcr]} for pcr in ("2", "3", "4", "11", "12", "15")}}]}
        self.complaint("check", "--log", self.older, self.file("sha1.json", json.dumps(policy)))

    def test_a_devices_option_rom(self):
        """A driver out of a device's memory, on a real machine: no program that ran instead."""
        log = LOGS / "google" / "option_rom_eventlog.bin"
        result = check("--log", log, "--bank", "sha1", "--all", *self.words, self.image, code=1)
        found = [one for one in result["differences"] if one.get("pcr") == 2]
        self.assertEqual([("extra-driver", "likely", True)],
                         [(one["cause"], one["certainty"], one["counts"]) for one in found])
        self.assertIn("Offset(0xf600,", found[0]["evidence"])
        self.assertNotIn("predicted", found[0]["evidence"])

    def test_our_own_shape_for_key_policies(self):
        aws = self.file("aws.json", must(PROTOSTAR, "measure", "predict", "--format", "aws",
                                         *self.words, self.image))
        log = self.file("log", self.agile)
        self.assertEqual("same", check("--log", log, aws, code=0)["verdict"])
        check("--pcr-values", aws, "--bank", "sha384", "--pcrs", "4,12", *self.words, self.image,
              code=0)
        whole = json.loads(aws.read_bytes())
        whole["Measurements"]["PCR4"] = "00" * 48
        check("--log", log, self.file("other.json", json.dumps(whole)), code=1)


class Values(WithFolder):
    """A TPM whose PCRs were extended, and what tpm2_pcrread says of them."""

    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.tpm = Tpm(cls.home)
        cls.addClassCleanup(cls.tpm.stop)
        cls.tpm.extend((LOGS / "o252.evlog").read_bytes())
        values = json.loads(must(PROTOSTAR, "measure", "replay", "--json", LOGS / "o252.evlog"))
        cls.target = cls.home / "target.json"
        cls.target.write_text(json.dumps({"measurements": {
            pcr: {"expected": values["sha256"][pcr], "warnOnly": False}
            for pcr in ("4", "9", "11")}}))

    def check(self, path: Path, *words, code: int = 0) -> dict:
        return check("--pcr-values", path, *words, self.target, code=code)

    def test_what_is_printed(self):
        for selection in ("sha256:4,9,11", "sha1:all+sha256:all", "sha256:11,9,4+sha384:4"):
            self.check(self.file("printed", self.tpm.tool("pcrread", selection)))
        changed = self.tpm.tool("pcrread", "sha256:4,9,11").replace(b"0x", b"0x0", 1)
        self.assertIn("(line 2)", self.complaint(
            "check", "--pcr-values", self.file("changed", changed), self.target))

    def test_what_is_written(self):
        for selection in ("sha256:4,9,11", "sha1:0,4+sha256:all", "sha384:all+sha256:11,4,9",
                          "sha256:9,4,11+sha1:7"):
            written = self.home / "written"
            self.tpm.tool("pcrread", selection, "-o", written)
            self.check(written, "--pcr-selection", selection)
            self.assertIn("--pcr-selection", self.complaint("check", "--pcr-values", written,
                                                            self.target))
            for wrong in ("sha256:4,9", "sha256:all+sha512:all"):
                self.assertIn(f"{written}: at byte", self.complaint(
                    "check", "--pcr-values", written, "--pcr-selection", wrong, self.target))
        # Another selection of the same length gives other values, and they are not the same.
        self.tpm.tool("pcrread", "sha256:4,9,12", "-o", written)
        self.check(written, "--pcr-selection", "sha256:4,9,11", code=1)

    def test_what_a_quote_prints(self):
        self.tpm.make_ek()
        self.tpm.make_key("rsa", "rsa", "rsassa")
        at = self.home
        printed = self.tpm.tool(
            "quote", "-c", "rsa.ctx", "-l", "sha256:4,9,11", "-q", "00", "-g", "sha256", "-m",
            at / "msg", "-s", at / "sig", "-o", at / "values")
        self.assertTrue(printed.startswith(b"quoted:"))
        self.check(self.file("printed", printed))
        printed = must("tpm2_checkquote", "-u", at / "rsa.pem", "-m", at / "msg", "-s", at / "sig",
                       "-f", at / "values", "-g", "sha256", "-q", "00")
        self.check(self.file("checked", printed))

    def test_what_says_itself_of_what_it_is(self):
        written = self.home / "serialized"
        self.tpm.tool("pcrread", "sha256:4,9,11", "-F", "serialized", "-o", written)
        self.check(written)
        self.assertIn("leave --pcr-selection away", self.complaint(
            "check", "--pcr-values", written, "--pcr-selection", "sha256:4,9,11", self.target))

    def test_the_option_belongs_to_values(self):
        log = LOGS / "o252.evlog"
        self.assertIn("--pcr-values", self.complaint("check", "--log", log, "--pcr-selection",
                                                     "sha256:4", self.target))
        self.assertIn("such as sha256:0", self.complaint(
            "check", "--pcr-values", log, "--pcr-selection", "4,9", self.target))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    LOGS = Path(sys.argv.pop()).resolve()
    PROTOSTAR = measure_check.PROTOSTAR = str(Path(sys.argv.pop()).resolve())
    unittest.main(argv=sys.argv)
