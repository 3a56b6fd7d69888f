#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A TPM whose endorsement hierarchy has a password: the boot is refused, in words that say what to do.
Without the password the same machine boots.
usage: tpm_password.py BUILD
"""

import os
import socket
import subprocess
from pathlib import Path

from harness import check, main
from vm.paths import program
from vm.story import wait_for

SETTLE_SECONDS = 20


def listens(path: Path) -> bool:
    """Whether somebody takes connections there: that the socket lies there is not enough."""
    folder = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"/proc/self/fd/{folder}/{path.name}")
            return True
        except OSError:
            return False
        finally:
            os.close(folder)


def change_password(folder: Path, *words: str) -> None:
    """tpm2_changeauth, as an administrator would call it, on the TPM that lies in the folder."""
    # A Unix socket's path must be short: both run inside the folder.
    swtpm = subprocess.Popen(
        [program("swtpm"), "socket", "--tpm2", "--tpmstate", "dir=.", "--server",
         "type=unixio,path=tpm", "--ctrl", "type=unixio,path=tpm.ctrl", "--flags",
         "not-need-init,startup-clear"], cwd=folder, stdin=subprocess.DEVNULL)
    sockets = [folder / "tpm", folder / "tpm.ctrl"]
    try:
        check(wait_for(lambda: all(map(listens, sockets)), SETTLE_SECONDS),
              "the TPM can be asked")
        subprocess.run([program("tpm2_changeauth"), "-T", "swtpm:path=tpm", "-c", "e", *words],
                       cwd=folder, check=True, timeout=SETTLE_SECONDS)
    finally:
        swtpm.terminate()
        swtpm.wait()
        for path in sockets:
            path.unlink(missing_ok=True)


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node("locked").create()
    change_password(node.folder / "tpm", "secret")
    machine = world.refuses(node, "TPM_EK")
    check(bool(machine.console.find("endorsement hierarchy has a password: clear the TPM in its "
                                    "firmware, or take the password away")),
          "the console says what to do")
    change_password(node.folder / "tpm", "-p", "secret")
    world.boots(node, "init started")


if __name__ == "__main__":
    main(test, "tpm-password")
