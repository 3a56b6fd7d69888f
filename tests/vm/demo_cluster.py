#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `tools/demo --cluster` tells: three nodes, an operator, and no other machine. Then what lies
about is looked through for keys: the folder of the service is gone, and bundles are sealed.
"""

import sys
from pathlib import Path

from harness import check

from vm import cluster  # noqa: E402 (harness says where it is)
from vm.debian import Archive  # noqa: E402
from vm.product import Product  # noqa: E402


def say(text: str = "") -> None:
    print(text, flush=True)


def main() -> None:
    build = Path(sys.argv[1])
    folder, parts = build / "vm" / "demo-cluster", build / "vm" / "demo-cluster-parts"
    parts.mkdir(parents=True, exist_ok=True)
    cluster.tell(Product(build), folder, parts, Archive(), say)
    check(not (folder / "first-service").exists(), "the operator has no key of the service left")
    passphrase = (folder / "cluster.passphrase").read_bytes()
    for member in ("first", "standby", "worker"):
        for path in [folder / member / "state.img", *(folder / member).glob("console-*.log")]:
            check(passphrase not in path.read_bytes(), f"the passphrase is not in {member}'s "
                  f"{path.name}")
    for path in folder.rglob("*.img"):
        path.unlink()


if __name__ == "__main__":
    main()
