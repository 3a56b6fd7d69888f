#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `protostar measure` writes, as other people's programs see it: tpm2_eventlog reads logs to the
same PCRs, systemd-measure signs the same policies, a TPM accepts them, OpenSSL and a PKCS#11 token
sign the same bits. Images are Debian's systemd-stub with sections that objcopy adds.
usage: measure_output.py PROTOSTAR STUB EVENTLOGS
"""

import base64
import hashlib
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm.tpm import wait_listening  # noqa: E402

# What is measured is the matter here: who may be a node, any policy has to say.
POLICY = ("policy", "--identity", "first_use")

PROTOSTAR = STUB = ""
LOGS = Path()
SYSTEMD_STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
SYSTEMD_MEASURE = "/lib/systemd/systemd-measure"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
BANKS = ("sha1", "sha256", "sha384", "sha512")
PIN = "4711"


def run(*words, code=0, env=None, data=None):
    """Standard output of a program that must end with this code."""
    result = subprocess.run([str(word) for word in words], input=data, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, check=False, timeout=120,
                            stdin=None if data is not None else subprocess.DEVNULL,
                            env={**os.environ, **(env or {})})
    if result.returncode != code:
        raise AssertionError(f"{words} ends with {result.returncode}: {result.stderr.decode()}")
    return result.stdout


def complaint(*words, code):
    """What a program says on stderr that must end with this code."""
    result = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if result.returncode != code:
        raise AssertionError(f"{words} ends with {result.returncode}")
    return result.stderr.decode()


def measure(*words, **more):
    return run(PROTOSTAR, "measure", *words, **more)


def eventlog_pcrs(path):
    """{"sha256": {4: "hex"}} as tpm2_eventlog replays a log; its warnings are on stderr."""
    text = run("tpm2_eventlog", path).decode()
    banks, bank = {}, None
    for line in text[text.index("\npcrs:"):].split("\n"):
        if match := re.fullmatch(r"  (sha\d+):", line):
            bank = banks.setdefault(match[1], {})
        elif match := re.fullmatch(r"    (\d+) *: 0x([0-9a-f]+)", line):
            bank[int(match[1])] = match[2]
    return banks


def kernel() -> bytes:
    """The smallest PE image that a predictor takes for a kernel: headers and one section."""
    optional = struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 0, 0, 0x200, 0, 0, 0x1000,
                           0x1000, 0, 0x1000, 0x200, 0, 0, 1, 1, 0, 0, 0, 0x2000, 0x200, 0, 10, 0,
                           0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22)
    section = struct.pack("<8sIIIIIIHHI", b".text", 0x200, 0x1000, 0x200, 0x200, 0, 0, 0, 0,
                          0x60000020)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(0x200, b"\0") + b"\xc3" * 0x200


def image_base(stub) -> int:
    return int(re.search(r"ImageBase\s+([0-9a-f]+)", run("objdump", "-p", stub).decode())[1], 16)


def add_sections(stub, folder, names, image):
    """An image of the stub and one section for each file in the folder."""
    words, address = [], image_base(stub) + 0x100000
    for name in names:
        words += ["--add-section", f".{name}={folder / name}", "--change-section-vma",
                  f".{name}={address:#x}"]
        address += ((folder / name).stat().st_size + 0xFFFF) & ~0xFFFF
    run("objcopy", *words, stub, image)


class Bench:
    """A folder with keys, the parts of an image and the image."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="protostar-output-"))
        self.key, self.public = self.folder / "key.pem", self.folder / "public.pem"
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
            self.key)
        run("openssl", "rsa", "-in", self.key, "-pubout", "-out", self.public)
        self.parts = {"linux": kernel(), "osrel": b"ID=test\n", "cmdline": b"console=ttyS0",
                      "initrd": bytes(range(256)) * 300 + b"x"}
        for name, data in self.parts.items():
            (self.folder / name).write_bytes(data)
        self.uki = self.folder / "uki.efi"
        add_sections(SYSTEMD_STUB, self.folder, self.parts, self.uki)

    def systemd_parts(self):
        """As systemd-measure takes them; from 254 on it counts the stub's own .sbat too."""
        parts = [f"--{name}={self.folder / name}" for name in self.parts]
        version = int(re.search(r"systemd (\d+)", run(SYSTEMD_MEASURE, "--version").decode())[1])
        if version >= 254:
            sbat = self.folder / "sbat"
            run("objcopy", "-O", "binary", "--only-section=.sbat", SYSTEMD_STUB, sbat)
            parts.append(f"--sbat={sbat}")
        return parts


class Tpm:
    """A swtpm that tools reach over a socket."""

    def __init__(self, folder: Path):
        state = folder / "tpm"
        state.mkdir()
        self.socket = folder / "sock"
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl",
             f"type=unixio,path={self.socket}.ctrl", "--server", f"type=unixio,path={self.socket}",
             "--flags", "not-need-init,startup-clear"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_listening(self.process, self.socket, Path(f"{self.socket}.ctrl")):
            self.process.kill()
            raise AssertionError("swtpm does not start")

    @property
    def tcti(self):
        return f"swtpm:path={self.socket}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class WithBench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = Bench()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.bench.folder)

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=self.bench.folder))

    def tpm(self):
        return Tpm(self.folder)


class Replay(WithBench):
    def test_as_tpm2_eventlog_and_the_tpm(self):
        held = 0
        for log in sorted(LOGS.glob("*.evlog")):
            ours = json.loads(measure("replay", "--json", log))
            theirs = eventlog_pcrs(log)
            self.assertEqual(set(ours), set(theirs), log)
            for bank, pcrs in theirs.items():
                self.assertGreater(len(pcrs), 8)
                for pcr, value in pcrs.items():
                    self.assertEqual(ours[bank][str(pcr)], value, (log, bank, pcr))
            if log.with_suffix(".pcrs").exists():
                self.compare_with_tpm(log, ours["sha256"])
                held += 1
        self.assertGreater(held, 7)

    def compare_with_tpm(self, log, ours):
        held = log.with_suffix(".pcrs").read_text()
        tpm = dict(re.findall(r"@@PCR (\d+) ([0-9A-F]{64})", held))
        for pcr in (*range(10), *range(11, 16)):  # the kernel's IMA extends PCR 10
            self.assertEqual(ours[str(pcr)], tpm[str(pcr)].lower(), (log, pcr))

    def test_choices(self):
        log = LOGS / "o252.evlog"
        self.assertEqual(list(json.loads(measure("replay", "--json", "--bank", "sha384", log))),
                         ["sha384"])
        whole = json.loads(measure("replay", "--json", "--events", log))
        self.assertEqual(sum(e.get("pcr") == 11 for e in whole["events"]), 8)
        calling = next(e for e in whole["events"] if e.get("pcr") == 4)
        self.assertEqual(calling["text"], "Calling EFI Application from Boot Option")
        image = [e for e in whole["events"] if e["typeName"] == "EV_EFI_BOOT_SERVICES_APPLICATION"]
        self.assertTrue(all("claimedText" in e and "text" not in e for e in image))
        self.assertEqual(measure("replay", "--json", "-", data=log.read_bytes()),
                         measure("replay", "--json", log))
        text = measure("replay", "--events", log).decode()
        self.assertIn("claimed: image of", text)
        self.assertNotIn("\x1b", text)

    def test_damaged_logs_say_where(self):
        whole = (LOGS / "s252.evlog").read_bytes()
        log, refused = self.folder / "log", 0
        for size in range(0, len(whole), 97):
            log.write_bytes(whole[:size])
            result = subprocess.run([PROTOSTAR, "measure", "replay", log], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertIn(result.returncode, (0, 2))
            if result.returncode == 2:
                refused += 1
                self.assertEqual(result.stdout, b"")
                self.assertRegex(result.stderr.decode(),
                                 rf"{log}: at byte 0x[0-9a-f]+( \(event \d+\))?: \w+")
        self.assertGreater(refused, len(whole) // 97 - 10)
        log.write_bytes(bytes(2 << 20))
        self.assertIn("more than 1048576 bytes", complaint(PROTOSTAR, "measure", "replay", log,
                                                           code=2))
        self.assertIn("no digests of a bank", complaint(
            PROTOSTAR, "measure", "replay", "--bank", "sha1,sha512",
            self.one_bank_log(), code=2))
        self.assertIn("cannot open", complaint(PROTOSTAR, "measure", "replay", "/nonexistent",
                                               code=2))
        complaint(PROTOSTAR, "measure", "replay", code=2)

    def test_tdx_log(self):
        """Registers are RTMRs, and the log ends where its area is filled with 0xFF."""
        spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 0x0C, 48, 0)
        log = struct.pack("<II20sI", 1, 3, bytes(20), len(spec)) + spec
        rtmrs = [bytes(48)] * 4
        for register, data in ((1, b"first"), (3, b"second"), (1, b"third"), (4, b"\x1b[2J")):
            digest = hashlib.sha384(data).digest()
            log += struct.pack("<IIIH", register, 0x80000007, 1, 0x0C) + digest
            log += struct.pack("<I", len(data)) + data
            rtmrs[register - 1] = hashlib.sha384(rtmrs[register - 1] + digest).digest()
        path = self.folder / "ccel"
        path.write_bytes(log + b"\xff" * 1000)
        for words in ((), ("--ccel",)):
            self.assertEqual(json.loads(measure("replay", "--json", *words, path)), {
                "sha384": {f"rtmr{n}": value.hex() for n, value in enumerate(rtmrs)}})
        shown = measure("replay", "--events", path).decode()
        self.assertIn("EV_EFI_ACTION  third", shown)
        self.assertIn("\\x1b[2J", shown)
        self.assertNotIn("\x1b", shown)
        path.write_bytes(log[:-3])
        self.assertRegex(complaint(PROTOSTAR, "measure", "replay", path, code=2), "at byte 0x")

    def one_bank_log(self):
        log = self.folder / "one"
        log.write_bytes(measure("predict", "--format", "tcg2", self.bench.uki))
        return log


class Predicted(WithBench):
    """A predicted boot in the shapes of others."""

    def test_log_reads_back(self):
        log = self.folder / "log"
        full = json.loads(measure("predict", "--format", "full", "--bank", "all", self.bench.uki))
        log.write_bytes(measure("predict", "--format", "tcg2", "--bank", "all", self.bench.uki))
        theirs, ours = eventlog_pcrs(log), json.loads(measure("replay", "--json", log))
        self.assertEqual(sorted(theirs), sorted(BANKS))
        known = {r["pcr"]: r["values"] for r in full["registers"] if r["known"]}
        self.assertTrue({4, 9, 11} <= set(theirs["sha256"]))
        for bank in BANKS:
            self.assertTrue(set(theirs[bank]) <= set(known))
            for pcr, values in known.items():
                self.assertEqual(ours[bank][str(pcr)], values[bank])
                if pcr in theirs[bank]:
                    self.assertEqual(theirs[bank][pcr], values[bank])

    def test_cel_replays(self):
        records = json.loads(measure("predict", "--format", "cel", self.bench.uki))
        pcrs = {}
        for number, record in enumerate(records):
            self.assertEqual(record["recnum"], number)
            digest = next(d["digest"] for d in record["digests"] if d["hashAlg"] == "sha256")
            old = pcrs.get(record["pcr"], bytes(32))
            pcrs[record["pcr"]] = hashlib.sha256(old + bytes.fromhex(digest)).digest()
        expected = json.loads(measure("predict", "--json", self.bench.uki))["measurements"]
        for pcr in (4, 9, 11):
            self.assertEqual(pcrs[pcr].hex(), expected[str(pcr)]["expected"])

    def test_shapes_agree(self):
        full = json.loads(measure("predict", "--format", "full", "--bank", "sha384",
                                  self.bench.uki))
        aws = json.loads(measure("predict", "--format", "aws", self.bench.uki))["Measurements"]
        self.assertEqual(aws.pop("HashAlgorithm"), "SHA384")
        self.assertEqual(sorted(aws), ["PCR12", "PCR4"])  # PCR 7 is not known without variables
        rvps = json.loads(measure("predict", "--format", "rvps", "--bank", "sha384", "--pcrs",
                                  "4,12", self.bench.uki))
        for pcr in (4, 12):
            value = full["registers"][pcr]["values"]["sha384"]
            self.assertEqual(aws[f"PCR{pcr}"], value)
            self.assertEqual(rvps[f"tpm_pcr{pcr}"], [value])
        self.assertEqual(full["events"][0]["digests"].keys(), {"sha384"})

    def test_tdx_registers_are_read_back(self):
        """RTMRs are of SHA-384, whatever bank is asked for; the file is taken as it is written."""
        saved = self.folder / "tdx.json"
        saved.write_bytes(measure("predict", "--tdx", "--format", "full", self.bench.uki))
        whole = json.loads(saved.read_bytes())
        self.assertEqual((whole["bank"], whole["banks"]), ("sha256", ["sha256", "sha384"]))
        rtmr = next(r for r in whole["cc"] if r["register"] == "rtmr2")
        self.assertTrue(rtmr["known"])
        rvps = json.loads(measure("predict", "--tdx", "--format", "rvps", self.bench.uki))
        self.assertEqual(rvps["rtmr_2"], [rtmr["value"]])
        self.assertNotIn("mr_td", rvps)  # without firmware it is not known
        measure(*POLICY, "--image", f"a={saved}")
        rtmr["value"] = "00" * 48
        saved.write_text(json.dumps(whole))
        self.assertIn("RTMR", complaint(PROTOSTAR, "measure", *POLICY, "--image", f"a={saved}",
                                        code=1))

    def test_colour_is_for_terminals(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
            ours, theirs = pty.openpty()
            base = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            with subprocess.Popen([PROTOSTAR, "measure", "predict", "--pcrs", "4", self.bench.uki],
                                  stdout=theirs, stdin=subprocess.DEVNULL,
                                  env={**base, **env}) as process:
                os.close(theirs)
                shown = os.read(ours, 4096)
                self.assertEqual(process.wait(), 0)
            os.close(ours)
            self.assertEqual(b"\x1b[" in shown, coloured, env)
        self.assertNotIn(b"\x1b", measure("predict", "--events", self.bench.uki))

    def test_measurements_make_a_policy(self):
        other = self.folder / "other.efi"
        shutil.copy(self.bench.uki, other)
        changed = bytearray(other.read_bytes())
        changed[changed.index(b"console=ttyS0")] ^= 1
        other.write_bytes(changed)
        saved = self.folder / "saved.json"
        saved.write_bytes(measure("predict", "--format", "full", other))
        policy = json.loads(measure(*POLICY, "--tenant", "acme", "--image",
                                    f"new={self.bench.uki},epoch=2,role=worker", "--image",
                                    f"old={saved}"))
        self.assertEqual([(s["name"], s["epoch"], s.get("role")) for s in policy["sets"]],
                         [("new", 2, "worker"), ("old", 1, None)])
        self.assertEqual(policy["sets"][0]["measurements"],
                         json.loads(measure("predict", "--json", self.bench.uki))["measurements"])
        self.assertNotEqual(policy["sets"][0]["measurements"]["11"],
                            policy["sets"][1]["measurements"]["11"])
        self.assertIn("both", complaint(PROTOSTAR, "measure", *POLICY, "--image",
                                        f"a={saved}", "--image", f"b={other}", code=1))
        self.assertIn("PCR 4", complaint(PROTOSTAR, "measure", *POLICY, "--pcrs", "2,3,11,12,15",
                                         "--allow-missing", "4", "--image", f"a={saved}", code=0))
        complaint(PROTOSTAR, "measure", *POLICY, "--image", f"a={saved},epoch=0", code=2)
        complaint(PROTOSTAR, "measure", *POLICY, code=2)

    def policy_set(self, *words):
        return json.loads(measure(*POLICY, *words))["sets"][0]

    def test_policies_keep_the_hosts_code_out(self):
        """A set that leaves a gap says so by name, or is none."""
        image, saved = ("--image", f"a={self.bench.uki}"), self.folder / "uefi.json"
        self.assertEqual(list(self.policy_set(*image)["measurements"]),
                         ["2", "3", "4", "9", "11", "12", "13", "15"])
        saved.write_bytes(measure("predict", "--profile", "uefi", "--format", "full",
                                  self.bench.uki))
        for words, gap in ((("--profile", "uefi", *image), "PCR 2"), (("--image", f"a={saved}"),
                           "PCR 3"), (("--pcrs", "2,3,4,11,12", *image), "PCR 15"),
                           (("--warn-pcrs", "4", *image), "PCR 4"),
                           (("--allow-missing", "3", "--profile", "uefi", *image), "PCR 2")):
            said = complaint(PROTOSTAR, "measure", *POLICY, *words, code=1)
            self.assertIn(f"would not enforce {gap}", said)
            self.assertIn("--allow-missing", said)
            self.assertEqual(run(PROTOSTAR, "measure", *POLICY, *words, code=1), b"")
        one = self.policy_set("--allow-missing", "2,3", "--profile", "uefi", *image)
        self.assertEqual(one["allow_missing"], [2, 3])
        self.assertEqual(list(one["measurements"]), ["4", "9", "11", "12", "13", "15"])
        self.assertNotIn("allow_missing", self.policy_set("--allow-missing", "2-4", *image))

    def test_policies_are_of_machines_that_join(self):
        own = self.folder / "own.efi"
        add_sections(STUB, self.bench.folder, self.bench.parts, own)
        for phase in ("booted", "separated"):
            self.assertIn("has started already", complaint(
                PROTOSTAR, "measure", *POLICY, "--phase", phase, "--image", f"a={own}", code=2))
        for form in ("full", "constellation"):
            for phase, code in (("join", 0), ("booted", 1), ("separated", 1)):
                saved = self.folder / f"{form}-{phase}.json"
                saved.write_bytes(measure("predict", "--phase", phase, "--format", form, own))
                said = complaint(PROTOSTAR, "measure", *POLICY, "--allow-missing", "15",
                                 "--image", f"a={saved}", code=code)
                self.assertEqual("PCR 15 is not zero" in said, code == 1)

    def test_phases_of_a_running_system(self):
        """systemd of 261 and later adds a word to registers, and check finds it."""
        own, values = self.folder / "own.efi", self.folder / "values.json"
        add_sections(STUB, self.bench.folder, self.bench.parts, own)
        pcrs = ("--pcrs", "2,3,4,9,11-15")
        values.write_bytes(measure("predict", "--json", "--phase", "separated", *pcrs, own))
        check = ("check", "--pcr-values", values, *pcrs, own, "--phase")
        self.assertIn(b"same", measure(*check, "separated"))
        self.assertIn(b"os-separator (proved)", measure(*check, "booted", code=1))

    def test_policies_for_confidential_vms(self):
        image, trust = f"a={self.bench.uki}", self.folder / "trust.json"
        trust.write_text('{"tdx": {}}')
        tdx = ("--evidence", "tdx", "--recognise", "chip", "--trust", trust)
        snp = ("--evidence", "snp", "--recognise", "chip")
        genoa = ("--snp-tcb", "Genoa:bootloader=10,tee=0,snp=25,microcode=84")
        for words, said, code in (
                ((*tdx, "--pcrs", "4"), "of a TPM", 2),
                (("--evidence", "tpm,"), "tpm, tdx and snp", 2),
                (("--trust", self.folder / "none.json"), "none.json", 2),
                (("--snp-tcb", "Genoa"), "PRODUCT:COMPONENT=N", 2),
                (("--waive", "mrtd"), "rtmr0", 2),
                ((*tdx, "--evidence", "tpm"), "--evidence", 2),
                ((*snp, *genoa, "--snp-tcb", "Milan:snp=1", *genoa), "Genoa has been given", 2),
                ((*snp, *genoa, "--waive", "tcb"), "give one of them", 2),
                ((*tdx, *genoa), "--snp-tcb and --snp-csp are of snp, which", 2),
                (genoa, "--snp-tcb and --snp-csp are of snp, which", 2),
                ((*tdx, "--snp-csp", "cloud"), "--snp-tcb and --snp-csp are of snp, which", 2),
                ((*tdx, "--waive", "tcb"), "--waive tcb is of snp", 2),
                ((*tdx, "--waive", "platform_info"), "--waive platform_info is of snp", 2),
                ((*snp, "--waive", "rtmr2"), "--waive rtmr2 is of tdx", 2),
                (("--waive", "rtmr0"), "--waive rtmr0 is of tdx", 2),
                (tdx, "mrtd is not known: no firmware image was given; give --firmware", 1),
                (snp, "--vcpus", 1)):
            self.assertIn(said, complaint(PROTOSTAR, "measure", *POLICY, *words, "--image", image,
                                          code=code))
            self.assertEqual(b"", run(PROTOSTAR, "measure", *POLICY, *words, "--image", image,
                                      code=code))
        saved = self.folder / "saved.json"
        self.snp_policies(snp, saved)
        saved.write_bytes(measure("predict", "--format", "full", self.bench.uki))
        self.assertIn("predict it with --tdx", complaint(
            PROTOSTAR, "measure", *POLICY, *tdx, "--image", f"a={saved}", code=1))

    def snp_policies(self, words, saved):
        """By the fact that a measurements file states, whatever it remarks."""
        saved.write_bytes(measure("predict", "--format", "full", "--snp", "--vcpus", "1",
                                  "--vcpu-type", "Genoa", self.bench.uki))
        whole = json.loads(saved.read_bytes())
        launch = whole["cc"][0]
        self.assertIs(launch["kernelHashed"], False)
        self.assertIn("it covers the firmware", launch["remark"])
        launch.update(known=True, value=48 * "5a")
        for member in ("reason", "remark"):
            del launch[member]
        for hashed, said in ((None, "any image would match"), (False, "any image would match"),
                             (True, "give --trust")):
            launch["kernelHashed"] = hashed
            if hashed is None:
                del launch["kernelHashed"]
            saved.write_text(json.dumps(whole))
            self.assertIn(said, complaint(
                PROTOSTAR, "measure", *POLICY, *words, "--accept-no-seal", "--waive", "tcb",
                "--image", f"a={saved}", code=1))

    def test_policies_name_given_keys(self):
        """PCR 7 where the variables were given; a state alone leaves open what is enrolled."""
        image = ("--image", f"a={self.bench.uki}")
        given = ("--vars", "/usr/share/OVMF/OVMF_VARS_4M.fd", "--secure-boot", "off")
        self.assertIn("7", self.policy_set(*given, *image)["measurements"])
        self.assertNotIn("7", self.policy_set(*given[2:], *image)["measurements"])
        for words, named in ((given, True), (given[2:], False)):
            saved = self.folder / "saved.json"
            saved.write_bytes(measure("predict", "--format", "full", *words, self.bench.uki))
            whole = json.loads(saved.read_bytes())
            self.assertTrue(whole["registers"][7]["known"])
            self.assertEqual(whole["secureBootKeys"], named)
            one = self.policy_set("--image", f"a={saved}")
            self.assertEqual("7" in one["measurements"], named)


class Signed(WithBench):
    def sign(self, *words, **more):
        return measure("sign", "--private-key", self.bench.key, *words, self.bench.uki, **more)

    def systemd_signs(self, *words):
        with self.tpm() as tpm:
            return run(SYSTEMD_MEASURE, "sign", f"--tpm2-device={tpm.tcti}",
                       f"--private-key={self.bench.key}", f"--public-key={self.bench.public}",
                       *self.bench.systemd_parts(), *words)

    def test_same_bytes_as_systemd_measure(self):
        self.assertEqual(self.sign("--bank", "sha256"), self.systemd_signs("--bank=sha256"))

    def test_same_phases_as_systemd_measure(self):
        phases = ["enter-initrd:leave-initrd", "", "a-b:c", "enter-initrd", ""]
        self.assertEqual(self.sign(*(f"--boot-phase={p}" for p in phases)),
                         self.systemd_signs("--bank=sha256", *(f"--phase={p}" for p in phases)))

    def test_other_banks(self):
        """
        systemd-measure up to 259 signs other banks' policies with the bank's hash, which nothing
        verifies (systemd issue 40245): the policies are the same, the signatures are not.
        """
        ours = json.loads(self.sign("--bank", "all"))
        theirs = json.loads(self.systemd_signs())
        self.assertEqual(list(ours), list(BANKS))
        for bank in BANKS:
            self.assertEqual(len(ours[bank]), 4)
            for mine, other in zip(ours[bank], theirs[bank], strict=True):
                self.assertEqual({k: v for k, v in mine.items() if k != "sig"},
                                 {k: v for k, v in other.items() if k != "sig"})
                self.assertTrue(self.openssl_verifies(mine))

    def openssl_verifies(self, entry):
        policy, signature = self.folder / "policy", self.folder / "signature"
        policy.write_bytes(bytes.fromhex(entry["pol"]))
        signature.write_bytes(base64.b64decode(entry["sig"]))
        return b"OK" in run("openssl", "dgst", "-sha256", "-verify", self.bench.public,
                            "-signature", signature, policy)

    def test_a_tpm_accepts_it(self):
        """As systemd takes .pcrsig: TPM2_PolicyPCR on real PCRs, then TPM2_PolicyAuthorize."""
        words = ["enter-initrd"]
        for bank in ("sha1", "sha256", "sha384"):
            entry = json.loads(self.sign("--bank", bank, "--boot-phase", ":".join(words)))[bank][0]
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            self.assertTrue(self.openssl_verifies(entry))
            with self.tpm() as tpm:
                env = {"TPM2TOOLS_TCTI": tpm.tcti}
                self.extend_as_the_boot(bank, words, env)
                self.authorize(bank, env)
                run("tpm2_pcrextend", f"11:{bank}={'00' * hashlib.new(bank).digest_size}", env=env)
                with self.assertRaises(AssertionError):
                    self.authorize(bank, env)

    def extend_as_the_boot(self, bank, words, env):
        events = json.loads(measure("predict", "--format", "cel", "--bank", bank, self.bench.uki))
        digests = [e["digests"][0]["digest"] for e in events if e["pcr"] == 11]
        digests += [hashlib.new(bank, word.encode()).hexdigest() for word in words]
        for digest in digests:
            run("tpm2_pcrextend", f"11:{bank}={digest}", env=env)

    def authorize(self, bank, env):
        at = self.folder
        run("tpm2_flushcontext", "-t", env=env)
        run("tpm2_flushcontext", "-l", env=env)
        run("tpm2_loadexternal", "-C", "o", "-G", "rsa", "-u", self.bench.public, "-c",
            at / "key.ctx", "-n", at / "name", env=env)
        run("tpm2_startauthsession", "--policy-session", "-S", at / "session", env=env)
        run("tpm2_policypcr", "-S", at / "session", "-l", f"{bank}:11", "-L", at / "now", env=env)
        run("tpm2_verifysignature", "-c", at / "key.ctx", "-g", "sha256", "-m", at / "policy",
            "-s", at / "signature", "-f", "rsassa", "-t", at / "ticket", env=env)
        run("tpm2_policyauthorize", "-S", at / "session", "-i", at / "policy", "-n", at / "name",
            "-t", at / "ticket", env=env)

    def test_token_signs_the_same(self):
        tokens = self.folder / "tokens"
        tokens.mkdir()
        conf, pem = self.folder / "softhsm.conf", self.folder / "pkcs8.pem"
        conf.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        env = {"SOFTHSM2_CONF": str(conf), "PKCS11_MODULE_PATH": SOFTHSM}
        run("softhsm2-util", "--init-token", "--free", "--label", "t", "--so-pin", PIN, "--pin",
            PIN, env=env)
        run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", self.bench.key, "-out", pem)
        run("softhsm2-util", "--import", pem, "--token", "t", "--label", "k", "--id", "01",
            "--pin", PIN, env=env)
        pin, other = self.folder / "pin", self.folder / "other-pin"
        pin.write_text(PIN)
        other.write_text("1" + PIN)
        uri = f"pkcs11:token=t;object=k;type=private?pin-source=file:{pin}"
        self.assertEqual(measure("sign", "--private-key", uri, "--public-key", self.bench.public,
                                 self.bench.uki, env=env), self.sign())
        for wrong, why in (
                (f"pkcs11:token=none;object=k?pin-source=file:{pin}", b"gives no private key"),
                (f"pkcs11:token=t;object=none?pin-source=file:{pin}", b"gives no private key"),
                (f"pkcs11:token=t;object=k?pin-source=file:{other}", b"gives no private key"),
                (f"pkcs11:token=t;object=k?pin-value={PIN}", b"can read a PIN there")):
            result = subprocess.run([PROTOSTAR, "measure", "sign", "--private-key", wrong,
                                     self.bench.uki], env={**os.environ, **env}, check=False,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
            self.assertEqual((result.returncode, result.stdout), (1, b""))
            self.assertIn(why, result.stderr)
            self.assertNotIn(PIN.encode(), result.stderr)

    def test_exit_codes(self):
        uki, missing, empty = self.bench.uki, self.folder / "missing", self.folder / "empty"
        empty.touch()
        huge = self.folder / "huge"
        huge.touch()
        os.truncate(huge, 100 << 30)
        key = ("--private-key", self.bench.key)
        for words, code, why in (
                (("predict", missing), 2, "No such file"),
                (("predict", "--vars", missing, uki), 2, "No such file"),
                *((("predict", "--tdx", option, huge, uki), 2, "has more than 67108864 bytes")
                  for option in ("--vars", "--firmware", "--boot-option", "--db", "--td-hob")),
                (("predict", huge), 1, "neither an EFI image nor a disk image"),
                (("predict", "--profile", "none", uki), 2, "qemu-ovmf, aws"),
                (("predict", "--none", uki), 2, "measure predict: there is no option --none"),
                (("predict", empty), 1, "neither an EFI image nor a disk image"),
                (("sign", *key, missing), 2, "No such file"),
                (("sign", *key, empty), 1, "neither an EFI image"),
                (("policy", "--image", f"a={missing}"), 2, "No such file"),
                (("policy", "--image", f"a={empty}"), 1, "neither an EFI image"),
                (("replay", missing), 2, "No such file"),
                (("check", "--log", missing, uki), 2, "No such file"),
                (("diff", uki, missing), 2, "No such file")):
            self.assertIn(why, complaint(PROTOSTAR, "measure", *words, code=code), words)

    def test_our_own_stub_enters_no_phase(self):
        image = self.folder / "own.efi"
        add_sections(STUB, self.bench.folder, self.bench.parts, image)
        signed = json.loads(measure("sign", "--private-key", self.bench.key, image))
        self.assertEqual(len(signed["sha256"]), 1)
        value = json.loads(measure("predict", "--json", image))["measurements"]["11"]["expected"]
        selection = struct.pack(">IHB3s", 1, 0x0B, 3, b"\0\x08\0")
        pcrs = hashlib.sha256(bytes.fromhex(value)).digest()
        policy = hashlib.sha256(bytes(32) + struct.pack(">I", 0x17F) + selection + pcrs)
        self.assertEqual(signed["sha256"][0]["pol"], policy.hexdigest())

    def test_refused_keys(self):
        weak, curve, other = (self.folder / name for name in ("weak", "curve", "other"))
        run("openssl", "genrsa", "-out", weak, "1024")
        run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", curve)
        run("openssl", "genrsa", "-out", other, "2048")
        for key, why in ((weak, "1024 bits"), (curve, "no RSA key"), ("/nonexistent", "No such"),
                         (self.bench.public, "no private key"), (self.bench.uki, "no private key")):
            self.assertIn(why, complaint(PROTOSTAR, "measure", "sign", "--private-key", key,
                                         self.bench.uki, code=1))
        self.assertIn("not the public half", complaint(
            PROTOSTAR, "measure", "sign", "--private-key", other, "--public-key",
            self.bench.public, self.bench.uki, code=1))
        complaint(PROTOSTAR, "measure", "sign", self.bench.uki, code=2)
        complaint(PROTOSTAR, "measure", "sign", "--private-key", self.bench.key, "--boot-phase",
                  "a b", self.bench.uki, code=2)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    PROTOSTAR, STUB = (os.path.abspath(word) for word in sys.argv[1:3])
    LOGS = Path(sys.argv[3]).resolve()
    unittest.main(argv=sys.argv[:1])
