#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
`protostar measure check` beside other people's programs: quotes of tpm2_quote from a swtpm whose
PCRs were extended with the events of a golden log by tpm2_pcrextend. What tpm2_checkquote accepts
is accepted, and each kind of quote that it refuses is refused with words of its own. An image's own
predicted log is the same as the image, and changed ones are not.
usage: measure_check.py PROTOSTAR EVENTLOGS
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from measure_diff import uki

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm.tpm import wait_listening  # noqa: E402

# What is measured is the matter here: who may be a node, any policy has to say.
POLICY = ("policy", "--identity", "first_use")

PROTOSTAR = ""
LOGS = Path()
FIRST_USE = {"identity": {"first_use": True}}  # a policy is none without an identity
NONCE = "00112233445566778899aabbccddeeff" * 2
SELECTION = "sha256:4,9,11,12,13"
ALGORITHMS = {4: ("sha1", 20), 11: ("sha256", 32), 12: ("sha384", 48), 13: ("sha512", 64)}
BANKS = ("sha1", "sha256", "sha384")


def run(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False, **more)


def must(*words, **more) -> bytes:
    done = run(*words, **more)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def events(log: bytes):
    """(offset, PCR, type, {bank: hex}) of each event that extends."""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at < len(log):
        start = at
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at += 12
        digests = {}
        for _ in range(count):
            name, size = ALGORITHMS[struct.unpack_from("<H", log, at)[0]]
            digests[name] = log[at + 2:at + 2 + size].hex()
            at += 2 + size
        at += 4 + struct.unpack_from("<I", log, at)[0]
        if kind != 3:
            yield start, pcr, kind, digests


class Tpm:
    """A swtpm of its own, and the tools that speak to it."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "state").mkdir()
        must("swtpm_setup", "--tpm2", "--tpmstate", folder / "state", "--pcr-banks",
             ",".join(BANKS))
        self.env = dict(os.environ, TPM2TOOLS_TCTI=f"swtpm:path={folder}/socket")
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/state",
             "--ctrl", f"type=unixio,path={folder}/socket.ctrl",
             "--server", f"type=unixio,path={folder}/socket", "--flags", "startup-clear"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_listening(self.process, folder / "socket", folder / "socket.ctrl"):
            self.process.kill()
            raise AssertionError("swtpm does not start")

    def make_ek(self) -> None:
        self.tool("createek", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pub")

    def tool(self, name: str, *words) -> bytes:
        out = must(f"tpm2_{name}", *words, cwd=self.folder, env=self.env)
        must("tpm2_flushcontext", "-t", cwd=self.folder, env=self.env)
        return out

    def extend(self, log: bytes) -> None:
        for _, pcr, _, digests in events(log):
            values = ",".join(f"{bank}={digests[bank]}" for bank in BANKS)
            self.tool("pcrextend", f"{pcr}:{values}")

    def make_key(self, name: str, kind: str, scheme: str) -> None:
        self.tool("createak", "-C", "ek.ctx", "-c", f"{name}.ctx", "-G", kind, "-g", "sha256",
                  "-s", scheme, "-u", f"{name}.pub", "-n", f"{name}.name")
        self.tool("readpublic", "-c", f"{name}.ctx", "-f", "pem", "-o", f"{name}.pem")

    def quote(self, key: str, name: str, selection: str = SELECTION) -> None:
        self.tool("quote", "-c", f"{key}.ctx", "-l", selection, "-q", NONCE, "-g", "sha256", "-m",
                  f"{name}.msg", "-s", f"{name}.sig", "-o", f"{name}.values",
                  *(["--scheme", "rsapss"] if key == "pss" else []))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def check(*words, code: int) -> dict:
    done = run(PROTOSTAR, "measure", "check", "--json", *words)
    if done.returncode != code:
        raise AssertionError(f"exit code {done.returncode}, not {code}: {words}\n"
                             f"{done.stdout.decode()}{done.stderr.decode()}")
    return json.loads(done.stdout) if code < 2 else {"error": done.stderr.decode()}


def causes(result: dict) -> set[str]:
    return {one["cause"] for one in result["differences"] if one["counts"]}


class Quotes(unittest.TestCase):
    """One TPM that has booted o252, as far as its PCRs tell."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.tpm = Tpm(cls.folder)
        cls.addClassCleanup(cls.tpm.stop)
        cls.tpm.make_ek()
        cls.log = LOGS / "o252.evlog"
        cls.tpm.extend(cls.log.read_bytes())
        cls.tpm.make_key("rsa", "rsa", "rsassa")
        cls.tpm.make_key("pss", "rsa", "rsapss")
        cls.tpm.make_key("ecc", "ecc", "ecdsa")
        for key in ("rsa", "pss", "ecc"):
            cls.tpm.quote(key, key)
        values = {}
        for line in (LOGS / "o252.pcrs").read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[1] in ("4", "9", "11", "12", "13"):
                values[words[1]] = {"expected": words[2].lower(), "warnOnly": False}
        cls.target = cls.folder / "measurements.json"
        cls.target.write_text(json.dumps({"measurements": values}))

    def words(self, name: str, **other) -> list:
        f = self.folder
        words = {"quote": f / f"{name}.msg", "signature": f / f"{name}.sig",
                 "key": f / f"{name}.pub", "pcr-values": f / f"{name}.values", "nonce": NONCE}
        words.update(other)
        return [w for key, value in words.items() if value for w in (f"--{key}", value)]

    def tool_agrees(self, name: str, nonce: str = NONCE, key: str = "", values: str = "") -> bool:
        f = self.folder
        return run("tpm2_checkquote", "-u", f / f"{key or name}.pem", "-m", f / f"{name}.msg",
                   "-s", f / f"{name}.sig", "-f", f / f"{values or name}.values", "-g", "sha256",
                   "-q", nonce).returncode == 0

    def problem(self, *words) -> str:
        result = check(*words, self.target, code=1)
        self.assertNotEqual(result["verdict"], "same")
        return result["quote"]["problem"]

    def test_good_quotes(self):
        for key in ("rsa", "pss", "ecc"):
            for more in ({}, {"key": self.folder / f"{key}.pem"}, {"log": self.log},
                         {"pcr-values": None, "log": self.log}):
                with self.subTest(key=key, more=more):
                    result = check(*self.words(key, **more), self.target, code=0)
                    self.assertEqual("same", result["verdict"])
                    self.assertTrue(result["quote"]["good"])
            if key != "pss":  # tpm2_checkquote 5.4 takes PKCS#1 padding for granted
                self.assertTrue(self.tool_agrees(key))

    def test_another_nonce(self):
        wrong = NONCE[:-1] + "0"
        self.assertEqual("nonce", self.problem(*self.words("rsa", nonce=wrong)))
        self.assertFalse(self.tool_agrees("rsa", nonce=wrong))
        self.assertEqual("nonce", self.problem(*self.words("rsa", nonce=NONCE[:-2])))

    def test_another_key(self):
        self.assertEqual("signature",
                         self.problem(*self.words("rsa", key=self.folder / "pss.pub")))
        self.assertFalse(self.tool_agrees("rsa", key="pss"))

    def test_a_flipped_bit(self):
        for part in ("msg", "sig"):
            whole = bytearray((self.folder / f"rsa.{part}").read_bytes())
            whole[-1] ^= 1
            (self.folder / f"flipped.{part}").write_bytes(whole)
            other = "sig" if part == "msg" else "msg"
            shutil.copy(self.folder / f"rsa.{other}", self.folder / f"flipped.{other}")
            shutil.copy(self.folder / "rsa.values", self.folder / "flipped.values")
            words = self.words("flipped", key=self.folder / "rsa.pub")
            self.assertEqual("signature", self.problem(*words))
            self.assertFalse(self.tool_agrees("flipped", key="rsa"))

    def test_another_selection(self):
        self.tpm.quote("rsa", "narrow", "sha256:4,9,11")
        self.assertTrue(self.tool_agrees("narrow", key="rsa"))
        # Values of the other selection do not go with this quote ...
        words = self.words("narrow", key=self.folder / "rsa.pub",
                           **{"pcr-values": self.folder / "rsa.values"})
        self.assertEqual("selection", self.problem(*words))
        self.assertFalse(self.tool_agrees("narrow", key="rsa", values="rsa"))
        # ... and with its own values it leaves out what is predicted, unless that is not asked.
        words = self.words("narrow", key=self.folder / "rsa.pub")
        self.assertEqual("selection", self.problem(*words))
        self.assertEqual([12, 13], check(*words, self.target, code=1)["quote"]["leftOut"])
        check(*words, "--pcrs", "4,9,11", self.target, code=0)

    def test_other_values(self):
        values = bytearray((self.folder / "rsa.values").read_bytes())
        values[150] ^= 1
        (self.folder / "changed.values").write_bytes(values)
        words = self.words("rsa", **{"pcr-values": self.folder / "changed.values"})
        self.assertEqual("digest", self.problem(*words))
        self.assertFalse(self.tool_agrees("rsa", values="changed"))
        self.assertEqual("digest", self.problem(
            *self.words("rsa", **{"pcr-values": None, "log": LOGS / "h252.evlog"})))

    def test_a_key_that_signs_anything(self):
        self.tpm.tool("createprimary", "-c", "free.ctx", "-G", "rsa2048:rsassa-sha256:null", "-a",
                      "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign")
        self.tpm.tool("readpublic", "-c", "free.ctx", "-f", "tss", "-o", "free.pub")
        self.tpm.quote("free", "free")
        self.assertEqual("key", self.problem(*self.words("free")))

    def test_what_tpm2_pcrread_prints(self):
        listing = self.folder / "pcrread"
        listing.write_bytes(self.tpm.tool("pcrread"))
        check("--pcr-values", listing, "--log", self.log, self.target, code=0)
        result = check("--pcr-values", listing, "--log", LOGS / "m4.evlog", self.target, code=1)
        self.assertFalse(result["logHolds"])

    def test_malformed_parts_are_named(self):
        for option, part in (("quote", "msg"), ("signature", "sig"), ("key", "pub"),
                             ("pcr-values", "values")):
            cut = self.folder / f"cut.{part}"
            cut.write_bytes((self.folder / f"rsa.{part}").read_bytes()[:-3])
            words = self.words("rsa", **{option: cut})
            self.assertIn(f"{cut}: at byte 0x", check(*words, self.target, code=2)["error"])


class Images(unittest.TestCase):
    """A UKI against the log that is predicted of it, and against logs that were changed."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.image = self.folder / "uki.efi"
        self.image.write_bytes(uki(initrd=b"070701" * 90))
        self.log = self.predicted("254")

    def predicted(self, release: str, image: Path = None) -> Path:
        log = self.folder / f"{release}.evlog"
        log.write_bytes(must(PROTOSTAR, "measure", "predict", "--format", "tcg2", "--bank", "all",
                             "--secure-boot", "off", "--dialect", f"systemd-{release}",
                             image or self.image))
        return log

    def words(self, log: Path, release: str = "254") -> list:
        return ["--log", log, "--secure-boot", "off", "--dialect", f"systemd-{release}"]

    def test_the_same(self):
        result = check(*self.words(self.log), self.image, code=0)
        self.assertEqual(set(), causes(result))
        for release in ("252", "257", "258"):
            check(*self.words(self.predicted(release), release), self.image, code=0)

    def test_another_stub_is_proved(self):
        for release in ("252", "257", "258"):
            result = check(*self.words(self.predicted(release)), self.image, code=1)
            proved = [one for one in result["differences"]
                      if one["counts"] and one["certainty"] == "proved"]
            self.assertEqual({"stub-version"}, causes(result), release)
            self.assertTrue(proved, release)
            self.assertTrue(any(f"systemd-{release}" in one["evidence"] for one in proved))

    def test_another_image(self):
        other = self.folder / "other.efi"
        other.write_bytes(uki(initrd=b"070701" * 91, cmdline="console=ttyS0 loud"))
        result = check(*self.words(self.log), other, code=1)
        self.assertLessEqual({"image-differs", "section-differs", "initrd-differs",
                              "kernel-command-line"}, causes(result))

    def test_secure_boot_in_another_form(self):
        words = [*self.words(self.log)[:2], "--secure-boot", "unset", "--dialect", "systemd-254"]
        self.assertEqual({"secure-boot-variable-form"},
                         causes(check(*words, self.image, code=1)))

    def test_values_of_files(self):
        full = self.folder / "full.json"
        full.write_bytes(must(PROTOSTAR, "measure", "predict", "--format", "full",
                              *self.words(self.log)[2:], self.image))
        check("--log", self.log, full, code=0)
        result = check("--log", self.predicted("252"), full, code=1)
        self.assertIn("stub-version", causes(result))
        replayed = self.folder / "replayed.json"
        replayed.write_bytes(must(PROTOSTAR, "measure", "replay", "--json", self.log))
        check("--pcr-values", replayed, full, code=0)

    def test_policy_with_sets(self):
        def measurements(log):
            values = json.loads(must(PROTOSTAR, "measure", "replay", "--json", log))["sha256"]
            return {pcr: {"expected": values[pcr], "warnOnly": False} for pcr in ("4", "9", "11")}
        policy, open_ones = self.folder / "policy.json", [2, 3, 12, 15]
        policy.write_text(json.dumps({
            **FIRST_USE, "bank": "sha256", "allow_missing": open_ones, "sets": [
            {"name": "old", "measurements": measurements(self.predicted("252"))},
            {"name": "new", "measurements": measurements(self.log)}]}))
        self.assertEqual("new", check("--log", self.log, policy, code=0)["set"])
        self.assertEqual("old", check("--log", self.log, "--set", "old", policy, code=1)["set"])
        check("--log", self.log, "--set", "none", policy, code=2)
        # A set whose register was not read is no better than one that differs.
        values = measurements(self.log)
        policy.write_text(json.dumps({
            **FIRST_USE, "bank": "sha256", "allow_missing": open_ones, "sets": [
            {"name": "wide", "measurements": {**values, "20": values["4"]}},
            {"name": "new", "measurements": values}]}))
        pcrs = self.folder / "pcrs"
        pcrs.write_text("".join(f"{pcr} {one['expected']}\n" for pcr, one in values.items()))
        self.assertEqual("new", check("--pcr-values", pcrs, policy, code=0)["set"])
        result = check("--pcr-values", pcrs, "--set", "wide", policy, code=1)
        self.assertEqual([20], result["notJudged"])
        # One set in Constellation's shape, told from a measurements file by what it leaves open.
        policy.write_text(json.dumps({
            **FIRST_USE, "measurements": values, "allow_missing": open_ones}))
        self.assertEqual("default", check("--log", self.log, policy, code=0)["set"])

    def test_what_files_do_not_tell_has_no_cause(self):
        log = Path(__file__).parents[1] / "unit/data/eventlogs/o252.evlog"
        found = check("--log", log, "--dialect", "systemd-252", "--all",
                      self.image, code=1)["differences"]
        others = {one["cause"] for one in found if not one["counts"]}
        self.assertEqual({"not-predicted"}, others)
        self.assertIn("image-differs", {one["cause"] for one in found if one["counts"]})

    def test_a_register_that_a_file_only_warns_about(self):
        values = json.loads(must(PROTOSTAR, "measure", "replay", "--json", self.log))["sha256"]
        named = {"4": {"expected": values["4"], "warnOnly": False},
                 "11": {"expected": "11" * 32, "warnOnly": True}}
        file = self.folder / "measurements.json"
        file.write_text(json.dumps({"measurements": named}))
        check("--log", self.log, file, code=0)
        del named["4"]  # a file that decides nothing proves nothing
        file.write_text(json.dumps({"measurements": named}))
        check("--log", self.log, file, code=1)
        named["11"]["warnOnly"] = False
        file.write_text(json.dumps({"measurements": named}))
        check("--log", self.log, file, code=1)

    def test_misuse(self):
        check(self.image, code=2)
        check("--log", self.log, code=2)
        check("--log", self.folder / "nothing", self.image, code=2)
        check("--log", self.image, *self.words(self.log)[2:], self.image, code=2)
        check("--log", self.log, "--nonce", "00", self.image, code=2)
        check("--ccel", self.log, self.image, code=2)
        check("--log", self.log, self.folder / "nothing.efi", code=2)

    def test_sha1_alone_must_be_asked_for(self):
        values = self.folder / "values"
        replayed = json.loads(must(PROTOSTAR, "measure", "replay", "--json", self.log))["sha1"]
        values.write_text("sha1:\n" + "".join(f"{pcr}: {v}\n" for pcr, v in replayed.items()))
        words = ["--pcr-values", values, *self.words(self.log)[2:], self.image]
        self.assertIn("--bank sha1", check(*words, code=2)["error"])
        check("--bank", "sha1", *words, code=0)

    def test_pipes_are_not_waited_for(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        check("--log", pipe, self.image, code=2)
        check("--pcr-values", pipe, self.image, code=2)
        check("--log", self.log, pipe, code=2)
        (self.folder / "pcr-sha256").mkdir()
        os.mkfifo(self.folder / "pcr-sha256" / "4")
        check("--pcr-values", self.folder, self.image, code=2)
        self.assertEqual(2, run(PROTOSTAR, "measure", "predict", pipe).returncode)
        done = run(PROTOSTAR, "measure", *POLICY, "--image", f"a={pipe}")
        self.assertEqual(2, done.returncode)


if __name__ == "__main__":
    PROTOSTAR, LOGS = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1])
