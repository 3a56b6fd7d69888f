#!/usr/bin/env python3
"""Dependencies between rooms point one way, and no room includes another's .c file."""

import re
from pathlib import Path

from common import REPO, c_files, name, run

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "stdnoreturn.h"}
NO_SOCKETS_NO_FILES = re.compile(
    r"^(stdio|fcntl|dirent|poll|netdb|netinet/.*|arpa/.*|sys/(socket|stat|un|epoll|uio|file))\.h$")

# Folder, longest first: which of our own headers it may include, and which of the system's not.
RULES = [
    ("efi/contract/", r"^(efi/contract/|crypto/status\.h$)", lambda h: h not in FREESTANDING),
    ("efi/", r"^(efi/|crypto/status\.h$)",
     lambda h: h not in FREESTANDING and not h.startswith("efi")),
    ("crypto/", r"^crypto/", NO_SOCKETS_NO_FILES.match),
    # The command line has addresses in it: their types and texts are no sockets.
    ("early/contract/", r"^(early/contract/|crypto/(status\.h|errors\.def)$)",
     lambda h: NO_SOCKETS_NO_FILES.match(h) and h not in ("arpa/inet.h", "netinet/in.h")),
    ("early/", r"^(early|crypto)/", None),
    ("tools/", r"^(tools/|crypto/|efi/contract/|early/contract/)", None),
    ("tests/", r"^(tests|tools|crypto|early|efi)/", None),
    ("third_party/", r"^(?!efi/|early/|tools/|tests/)", None),
]


def problems_in(path: str, text: str) -> list[str]:
    """Wrong includes of one file, by its path in the repository."""
    rule = next((r for r in RULES if path.startswith(r[0])), None)
    if rule is None:
        return [f"{path}: belongs to no room"]
    folder, allowed, refused_system = rule
    found = []
    for match in INCLUDE.finditer(text):
        kind, header = match[1], match[2]
        line = text.count("\n", 0, match.start()) + 1
        where = f"{path}:{line}: {folder} "
        if header.endswith(".c") and not path.startswith("tests/"):
            found.append(where + f"includes a source file, {header}")
        elif kind == '"' and "/" in header and not re.match(allowed, header):
            found.append(where + f"may not include {header}")
        elif kind == "<" and refused_system and refused_system(header):
            found.append(where + f"may not include <{header}>")
    return found


def problems():
    files = c_files()
    found = []
    for path in files:
        found += problems_in(name(path), path.read_text())
    return found, len(files)


if __name__ == "__main__":
    run(problems)
