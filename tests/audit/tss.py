#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Of tpm2-tss only what the recipe means to use is there: no file of FAPI, of its policies and event
logs or of other TCTIs is compiled, and PID 1 reads no serialized objects.
usage: tss.py BUILD
"""

import json
import re
import sys
from pathlib import Path

from common import bare, c_files, name, run

SOURCE = re.compile(r"/tpm2-tss-[0-9a-f]+/src/(.*)$")
ALLOWED = re.compile(r"tss2-(mu|sys|esys)/|tss2-tcti/tcti-(common|device|swtpm)\.c$|"
                     r"util-io/io\.c$|util/key-value-parse\.c$")
NOT_CALLED = re.compile(r"\b(Esys_TR_Deserialize|Esys_ContextLoad\w*|Fapi_\w+|Tss2_Policy\w+)\b")
LEAST_FILES = 40  # the recipe has more: fewer means that they were not found


def compiled_problems(files: list[str]) -> list[str]:
    """files: of tpm2-tss, below its src/."""
    found = [f"src/{path} of tpm2-tss is compiled" for path in files if not ALLOWED.match(path)]
    if len(files) < LEAST_FILES:
        found.append(f"only {len(files)} files of tpm2-tss are compiled: is the recipe another?")
    return found


def call_problems(path: str, text: str) -> list[str]:
    return [f"{path} calls {call}" for call in NOT_CALLED.findall(bare(text))]


def problems():
    entries = json.loads((Path(sys.argv[1]) / "compile_commands.json").read_text())
    files = [m[1] for m in (SOURCE.search(entry["file"]) for entry in entries) if m]
    found = compiled_problems(files)
    own = c_files("early", "crypto")
    for path in own:
        found += call_problems(name(path), path.read_text())
    return found, len(files) + len(own)


if __name__ == "__main__":
    run(problems)
