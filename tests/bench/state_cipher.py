# SPDX-License-Identifier: GPL-2.0-or-later
"""The state disk's two ciphers against each other, and each against the same disk without any."""

from dataclasses import replace

from setting import CIPHERS, Disk, Setting, figures, run_machine, say, stages, tamper
from table import Row, show

STATE_MIB = 256
SPEEDS = (("write", "sequential write and fsync, 32 MiB", "MiB/s"),
          ("read", "sequential read, caches dropped", "MiB/s"),
          ("sync", "4 KiB synchronous writes, scattered", "writes/s"))
AEGIS, XTS = CIPHERS
NOTE = (f"{AEGIS} is the default. Emulated AES and SHA instructions cost other amounts than real "
        "ones: these ratios say which is better here, not by how much elsewhere.")


def one(setting: Setting, cipher: str, number: int) -> dict[str, float]:
    """A first boot that formats and measures, then a second that opens."""
    node = setting.node(f"state-{cipher}", setting.image(cipher).disk, STATE_MIB)
    machine = node.machine()
    plain = node.folder / "plain.img"
    tamper.blank(plain, STATE_MIB)
    machine.disks.append(Disk(plain, "plain"))
    say(f"state-cipher: round {number}, {cipher}")
    console = run_machine(machine)
    found = figures(console)
    found["format"] = stages(console)["join"]
    machine.disks.pop()
    found["open"] = stages(run_machine(machine))["join"]
    inner = [v for k, v in found.items() if k.endswith(".sectors") and k != "root.sectors"]
    found["space"] = min(inner) * 512 / 2**20 / STATE_MIB * 100
    return found


def run(setting: Setting) -> list[Row]:
    rows = [Row("state disk, first boot: join, format, mkfs", "ms", XTS),
            Row("state disk, later boot: join, open, mount", "ms", XTS)]
    rows += [Row(f"state disk, {text}", unit, XTS) for _, text, unit in SPEEDS]
    rows.append(Row(f"state disk, usable of {STATE_MIB} MiB before the file system", "%", XTS))
    plain = [Row(f"{cipher}: {text}", unit, "a disk without")
             for cipher in CIPHERS for _, text, unit in SPEEDS]
    for number in range(1, setting.rounds + 1):
        order = CIPHERS if number % 2 else CIPHERS[::-1]
        found = {cipher: one(setting, cipher, number) for cipher in order}
        names = ["format", "open", *(f"state.{what}" for what, _, _ in SPEEDS), "space"]
        for row, name in zip(rows, names):
            row.add(found[AEGIS][name], found[XTS][name])
        pairs = [(cipher, what) for cipher in CIPHERS for what, _, _ in SPEEDS]
        for row, (cipher, what) in zip(plain, pairs):
            row.add(found[cipher][f"state.{what}"], found[cipher][f"plain.{what}"])
    show("state-cipher: the state disk, in the guest", rows, NOTE, own=AEGIS)
    show("state-cipher: what encryption costs", plain, own="encrypted")
    return [replace(row, name=f"{AEGIS}: {row.name}") for row in rows[2:]]
