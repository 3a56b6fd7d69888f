# SPDX-License-Identifier: GPL-2.0-or-later
"""What a node's console lines mean: steps, refusals, PCRs, and where the time went."""

import re
from dataclasses import dataclass
from typing import Optional

from .console import Console, Line, Timeout

# Kernel messages may carry the same text once more, with the kernel's time before it.
START = r"^(?:\[ *[0-9.]+\] )?"
FAILURE = re.compile(START + r"protostar(?:-stub)?: E(\d{3})\b ?(.*)")
RETRY = re.compile(START + r"protostar: retry E(\d{3})\b ?(.*)")
STAGE = re.compile(r"^protostar: stage (\S+) (\d+)ms")
BANKS = ("sha256", "sha384")  # nodes always have the first
PCR = re.compile(r"^protostar-demo: pcr-(sha256|sha384) (\d+) ([0-9A-Fa-f]+)")
KERNEL_TIME = re.compile(r"^\[ *([0-9]+\.[0-9]+)\] ")
DONE = "protostar-demo: done"

# In the order in which they come: what the console says, and what the demo calls it.
STEPS = [
    (re.compile(r"^protostar-stub: measured"), "measured"),
    (re.compile(r"^protostar: joined"), "joined"),
    (re.compile(r"^protostar: rejoined"), "rejoined"),
    (re.compile(r"^protostar: state disk formatted"), "state disk formatted"),
    (re.compile(r"^protostar: state disk opened"), "state disk opened"),
    (re.compile(r"^protostar: state disk rekeyed"), "state disk rekeyed"),
    (re.compile(r"^protostar-demo: init started"), "init started"),
    (re.compile(r"^protostar-demo: (marker written)"), "marker written"),
    (re.compile(r"^protostar-demo: (marker survived)"), "marker survived"),
]


@dataclass(frozen=True)
class Refusal:
    code: int
    reason: str

    def __str__(self):
        return f"refused E{self.code} {self.reason}"


def step_of(line: Line) -> Optional[str]:
    """The step that this line ends, if any."""
    for pattern, name in STEPS:
        if pattern.search(line.text):
            return name
    match = FAILURE.search(line.text)
    if match:
        return str(Refusal(int(match[1]), match[2]))
    return None


def outcome(console: Console, timeout: float) -> Optional[Refusal]:
    """Waits until the root's init has reported (None) or the boot was refused."""
    both = f"({FAILURE.pattern})|({START}{DONE})"
    console.wait(both, timeout)
    return refusal(console)


def refusal(console: Console) -> Optional[Refusal]:
    for line in list(console.lines):
        match = FAILURE.search(line.text)
        if match:
            return Refusal(int(match[1]), match[2])
    return None


def said(console: Console, step: str) -> bool:
    return any(step_of(line) == step for line in list(console.lines))


def pcrs(console: Console, bank: str = "sha256") -> dict[int, str]:
    """The PCRs that the root's init read from the TPM."""
    found = {}
    for line in list(console.lines):
        match = PCR.search(line.text)
        if match and match[1] == bank:
            found[int(match[2])] = match[3].lower()
    return found


def differences(predicted: dict[int, str], real: dict[int, str]) -> list[str]:
    """One line for each predicted PCR that the TPM does not hold."""
    lines = []
    for number, value in sorted(predicted.items()):
        if real.get(number) != value:
            lines.append(f"PCR {number}: predicted {value}, the TPM holds {real.get(number)}")
    return lines


def _first(console: Console, pattern: str) -> Optional[float]:
    wanted = re.compile(pattern)
    for line in list(console.lines):
        if wanted.search(line.text):
            return line.seconds
    return None


def _kernel_entry(console: Console, before: Optional[float]) -> Optional[float]:
    """When the kernel's clock read 0, from its last line that came before the first stage's."""
    entry = None
    for line in list(console.lines):
        if before is not None and line.seconds > before:
            break
        match = KERNEL_TIME.match(line.text)
        if match:
            entry = line.seconds - float(match[1])
    return entry


def timeline(console: Console) -> list[tuple[str, float]]:
    """(part, milliseconds), in order; early's own stages as it measured them itself."""
    stages = [(m[1], float(m[2])) for m in map(STAGE.search, (l.text for l in console.lines)) if m]
    stub = _first(console, r"protostar-stub: ")
    linux = _first(console, r"protostar-stub: starting Linux")
    first_stage = _first(console, STAGE.pattern)
    init = _first(console, r"protostar-demo: init started")
    rows: list[tuple[str, float]] = []
    if stub is not None:
        rows.append(("firmware, until the stub has measured", stub * 1000))
    if stub is not None and linux is not None:
        rows.append(("stub, measured to starting Linux", (linux - stub) * 1000))
    if linux is not None and first_stage is not None and stages:
        kernel = (first_stage - linux) * 1000 - stages[0][1]
        entry = _kernel_entry(console, first_stage)
        if entry is not None and entry > linux:
            rows.append(("kernel, EFI entry and unpacking", (entry - linux) * 1000))
            kernel -= (entry - linux) * 1000
        rows.append(("kernel, entry to PID 1", max(kernel, 0.0)))
    rows += [(f"early: {name}", ms) for name, ms in stages]
    last_stage = max((l.seconds for l in console.lines if STAGE.search(l.text)), default=None)
    if last_stage is not None and init is not None:
        rows.append(("exec of init to its report", (init - last_stage) * 1000))
    return rows


def boot_time(console: Console) -> Optional[float]:
    """Seconds from power-on to the root's init."""
    return _first(console, r"protostar-demo: init started")


__all__ = ["DONE", "FAILURE", "RETRY", "Refusal", "Timeout", "boot_time", "differences",
           "outcome", "pcrs", "refusal", "said", "step_of", "timeline"]
