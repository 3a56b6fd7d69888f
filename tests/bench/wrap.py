# SPDX-License-Identifier: GPL-2.0-or-later
"""
What sealing a grant to P-256 and ML-KEM-768 costs beside sealing it to P-256 alone: the node's key
and its opening, by the code of PID 1 at its own optimization, and the service's sealing.
"""

import subprocess

from setting import Setting, say
from table import Row, show

NAMES = {"key": "a node makes its wrapping key", "open": "a node opens a grant",
         "seal": "the service seals a grant"}
NOTE = ("Node: musl, `-Os`, BearSSL and libcrux. Service: OpenSSL and libcrux. A connection makes "
        "one key, seals once and opens once.")


def run(setting: Setting) -> list[Row]:
    rows = {name: Row(text, "us", "P-256 alone") for name, text in NAMES.items()}
    for turn in range(1, setting.rounds + 1):
        say(f"wrap: round {turn}")
        for program in ("bench_wrap", "bench_seal"):
            said = subprocess.run([setting.program(program)], check=True, timeout=60,
                                  stdout=subprocess.PIPE, text=True).stdout
            for line in said.splitlines():
                name, classical, hybrid = line.split()
                rows[name].add(float(hybrid), float(classical))
    show("wrap: grants sealed to both keys", list(rows.values()), NOTE)
    return list(rows.values())
