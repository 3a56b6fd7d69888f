#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A client of the join protocol written from PROTOCOL.md alone, against `protostar serve`: what the
page promises, case by case.
usage: run.py PROTOSTAR [TEXT]      with TEXT: only the cases whose title has it
"""

import sys
import tempfile
from pathlib import Path

try:
    import cryptography  # noqa: F401
except ImportError:
    sys.exit("python3-cryptography is missing: tools/deps test installs it")

import cases_vectors  # noqa: F401
import cases_transport  # noqa: F401
import cases_frames  # noqa: F401
import cases_fields  # noqa: F401
import cases_evidence  # noqa: F401
import cases_state  # noqa: F401
import cases_rotation  # noqa: F401
import cases_operators  # noqa: F401
import service
import suite


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip())
        return 2
    with tempfile.TemporaryDirectory(prefix="protostar-protocol-") as folder:
        served = service.Service(sys.argv[1], Path(folder))
        served.start(service.policy())
        try:
            failed = suite.run(suite.World(served), *sys.argv[2:])
        finally:
            code = served.stop()
    if code:
        print(f"the service ended with {code}")
    return 1 if failed or code else 0


if __name__ == "__main__":
    sys.exit(main())
