# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine's serial console: lines with the time at which they came, and waiting for one."""

import re
import threading
import time
from dataclasses import dataclass
from typing import BinaryIO, Callable, Optional

LINE_MAX = 4096
ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]|"
                     rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]")


@dataclass(frozen=True)
class Line:
    seconds: float  # since the machine was started
    text: str


class Timeout(Exception):
    """What was waited for did not come in time, or the machine ended before it came."""


class Console:
    """
    Reads a stream in a thread of its own until it ends. The firmware paints its output with cursor
    movements; they are taken out, so a line is what a person would read.
    """

    def __init__(self, stream: BinaryIO, log: BinaryIO, watcher: Optional[Callable] = None):
        self.lines: list[Line] = []
        self.ended = False
        self._started = time.monotonic()
        self._changed = threading.Condition()
        self._log = log
        self._watcher = watcher
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: BinaryIO) -> None:
        pending = b""
        while True:
            chunk = stream.read1(65536)
            if not chunk:
                break
            self._log.write(chunk)
            self._log.flush()
            *complete, pending = re.split(rb"[\r\n]+", pending + chunk)
            if len(pending) > LINE_MAX:
                complete, pending = complete + [pending], b""
            for raw in complete:
                self._add(raw)
        self._add(pending)
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _add(self, raw: bytes) -> None:
        text = ESCAPES.sub(b"", raw).decode("ascii", "replace").strip()
        if not text:
            return
        line = Line(time.monotonic() - self._started, text)
        # It has been shown before somebody acts on it.
        if self._watcher:
            self._watcher(line)
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def wait(self, pattern: str, timeout: float) -> re.Match:
        """The first line, from the first of all on, that the pattern is found in."""
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        seen = 0
        with self._changed:
            while True:
                while seen < len(self.lines):
                    match = wanted.search(self.lines[seen].text)
                    if match:
                        return match
                    seen += 1
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "the machine ended" if self.ended else f"{timeout:.0f} s passed"
                    raise Timeout(f"{why} without a line that matches {pattern!r}")
                self._changed.wait(left)

    def wait_end(self, timeout: float) -> None:
        """Returns when the stream has ended."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise Timeout(f"the machine did not end within {timeout:.0f} s")

    def find(self, pattern: str) -> list[re.Match]:
        """All lines so far that the pattern is found in."""
        wanted = re.compile(pattern)
        return [m for m in (wanted.search(line.text) for line in list(self.lines)) if m]

    def text(self) -> str:
        return "\n".join(f"{line.seconds:8.3f} {line.text}" for line in list(self.lines))
