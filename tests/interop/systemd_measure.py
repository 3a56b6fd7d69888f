#!/usr/bin/env python3
"""
PCR 11 of a UKI that `protostar build` made: `protostar measure predict` says what systemd-measure
says. A version of it that does not know a section yet gets help: these come last in the order, so
two more extensions a section lead from its value to ours.
usage: systemd_measure.py PROTOSTAR UKI
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm import tamper  # noqa: E402

TOOLS = ["/usr/lib/systemd/systemd-measure", "/lib/systemd/systemd-measure"]
SECTIONS = [".linux", ".osrel", ".cmdline", ".initrd", ".uname", ".sbat"]  # those we place
BANKS = ["sha256", "sha384"]


def run(*words) -> str:
    return subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=120).stdout


def systemd(tool: str, bank: str, files: dict[str, Path], known: list[str]) -> bytes:
    words = [f"--{name[1:]}={files[name]}" for name in known]
    # The phase ":" is none: the PCR as the stub leaves it.
    said = run(tool, "calculate", f"--bank={bank}", "--phase=:", *words)
    return bytes.fromhex(re.search(rf"11:{bank}=([0-9a-f]+)", said)[1])


def extend(bank: str, value: bytes, data: bytes) -> bytes:
    return hashlib.new(bank, value + hashlib.new(bank, data).digest()).digest()


def main() -> int:
    protostar, uki = sys.argv[1], Path(sys.argv[2])
    tool = next((t for t in TOOLS if Path(t).exists()), None)
    if tool is None:
        print("no systemd-measure: install the package systemd")
        return 1
    usage = run(tool, "--help")
    image = uki.read_bytes()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        files, contents = {}, {}
        for name, section in tamper.sections(image).items():
            if name in SECTIONS:
                contents[name] = image[section.offset:section.offset + section.length]
                files[name] = Path(folder) / name
                files[name].write_bytes(contents[name])
        present = [n for n in SECTIONS if n in files]
        known = [n for n in present if f"--{n[1:]}=" in usage]
        for bank in BANKS:
            value = systemd(tool, bank, files, known)
            for name in present[len(known):]:
                value = extend(bank, extend(bank, value, name.encode() + b"\0"), contents[name])
            said = json.loads(run(protostar, "measure", "predict", "--bank", bank, "--json", uki))
            ours = said["measurements"]["11"]["expected"]
            print(f"{bank}: systemd-measure ({len(known)} of {len(present)} sections) "
                  f"{value.hex()}, protostar {ours}")
            wrong += ours != value.hex()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
