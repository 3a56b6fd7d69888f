# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples of two sides, round by round, and the Markdown that tells how they compare."""

import statistics
from dataclasses import dataclass, field


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if value == 0:
        return "0"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


@dataclass
class Row:
    """One figure: what each round gave for both sides; the ratio is taken round by round."""

    name: str
    unit: str
    peer: str = ""
    own_values: list[float] = field(default_factory=list)
    peer_values: list[float] = field(default_factory=list)

    def add(self, own: float, peer: float = None) -> None:
        self.own_values.append(own)
        if peer is not None:
            self.peer_values.append(peer)

    def cells(self) -> list[str]:
        """Own figure, peer's figure, ratio, spread of the ratio; without a peer the figure's."""
        own = f"{number(statistics.median(self.own_values))} {self.unit}"
        if not self.peer_values:
            spread = f"{number(min(self.own_values))} to {number(max(self.own_values))} {self.unit}"
            return [own, "", "", spread]
        peer = f"{number(statistics.median(self.peer_values))} {self.unit}"
        ratios = [a / b for a, b in zip(self.own_values, self.peer_values)]
        spread = f"{number(min(ratios))} to {number(max(ratios))}"
        return [own, f"{peer} ({self.peer})", number(statistics.median(ratios)), spread]


def show(title: str, rows: list[Row], notes: str = "", own: str = "protostar") -> None:
    print(f"\n### {title}\n")
    print(f"| figure | {own} | peer | ratio | spread of the ratio |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} | {' | '.join(row.cells())} |")
    print(f"\n{notes}" if notes else "", flush=True)


def summary(rows: list[tuple[str, Row]]) -> None:
    """One table of the most telling rows, each with the benchmark that made it."""
    print("\n### summary\n")
    print("| figure | protostar | peer | ratio (spread) | `tests/bench/run` |")
    print("|---|---|---|---|---|")
    for bench, row in rows:
        own, peer, ratio, spread = row.cells()
        told = f"{ratio} ({spread})" if ratio and len(row.own_values) > 1 else ratio
        print(f"| {row.name} | {own} | {peer} | {told} | `{bench}` |", flush=True)
