"""`protostar measure predict` beside sha256sum over the same UKI: it hashes and also parses."""

import subprocess
import time
from pathlib import Path

from setting import Setting
from table import Row, show
from vm.paths import program

RUNS = 10  # a side and round; each takes tens of milliseconds


def _seconds(command: list[str]) -> float:
    """Wall clock of the quickest of the runs: all others were disturbed."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
        best = min(best, time.perf_counter() - began)
    return best


def run(setting: Setting) -> list[Row]:
    uki: Path = setting.image().folder / "uki.efi"
    own = [str(setting.product.find("protostar")), "measure", "predict", "--phase", "booted",
           "--json", str(uki)]
    row = Row(f"predict the PCRs of a UKI of {uki.stat().st_size / 2**20:.1f} MiB", "ms",
              "sha256sum of it")
    for _ in range(setting.rounds):
        row.add(_seconds(own) * 1000, _seconds([program("sha256sum"), str(uki)]) * 1000)
    show("predict: PCRs from files", [row])
    return [row]
