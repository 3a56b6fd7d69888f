#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Dependencies between rooms point one way, no room includes another's .c file, and no two modules
include each other, directly or in a ring.

A module is a header with the source of its name. X_private.h, which several sources of one room
share, belongs to module X, and nobody outside of the room may include it.
"""

import re
from pathlib import Path

from common import REPO, c_files, name, run

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "stdnoreturn.h"}
NO_SOCKETS = re.compile(r"^(poll|netdb|netinet/.*|arpa/.*|sys/(socket|un|epoll))\.h$")
NO_SOCKETS_NO_FILES = re.compile(
    r"^(stdio|fcntl|dirent|poll|netdb|netinet/.*|arpa/.*|sys/(socket|stat|un|epoll|uio|file))\.h$")

# Of early/ itself, what its rooms may use: the state of a boot and the plain helpers.
EARLY_TOP = r"early/(boot|clock|console|files)\.h$|early/contract/|efi/base/|"
# What the rooms of tools/measure/ stand on besides the model.
MEASURE = r"tools/(lib|measure/model)/|"

# Folder, the first that fits: which of our own headers it may include, and which of the system's
# not. A folder may always include its own.
RULES = [
    ("efi/base/", r"$^", lambda h: h not in FREESTANDING),
    ("efi/contract/", r"efi/base/", lambda h: h not in FREESTANDING),
    ("efi/", r"efi/(base|contract)/",
     lambda h: h not in FREESTANDING and not h.startswith("efi")),
    ("crypto/", r"efi/base/", NO_SOCKETS_NO_FILES.match),
    # The command line has addresses in it: their types and texts are no sockets.
    ("early/contract/", r"efi/base/|crypto/errors\.(def|h)$",
     lambda h: NO_SOCKETS_NO_FILES.match(h) and h not in ("arpa/inet.h", "netinet/in.h")),
    # Devices appear by messages of the kernel's.
    ("early/disk/", EARLY_TOP + r"early/net/netlink\.h$|crypto/", None),
    ("early/net/", EARLY_TOP + r"$^", None),
    ("early/tpm/", EARLY_TOP + r"crypto/", NO_SOCKETS_NO_FILES.match),
    ("early/tee/", EARLY_TOP + r"crypto/digest\.h$", None),
    ("early/join/", EARLY_TOP + r"early/(disk|net|tee|tpm)/|crypto/", None),
    ("early/", r"early/|crypto/|efi/base/", None),
    ("tools/lib/", r"crypto/|efi/(base|contract)/|early/contract/", None),
    ("tools/content/", r"tools/lib/", None),
    ("tools/tpm/", r"tools/lib/|crypto/digest\.h$|early/contract/", NO_SOCKETS.match),
    ("tools/attest/",
     r"tools/(lib|tpm|evidence)/|tools/serve/net/address\.h$|crypto/|early/contract/", None),
    ("tools/verify/",
     r"tools/(lib|attest|evidence|policy)/|"
     r"tools/serve/(join/(state|node_id)|keys/node_ca|store/store(_revocations)?)\.h$|"
     r"crypto/|early/contract/", None),
    ("tools/evidence/x509/", r"tools/lib/|early/contract/", NO_SOCKETS.match),
    ("tools/evidence/",
     r"tools/lib/|tools/evidence/(x509/|fault\.h$)|crypto/|efi/base/|early/contract/",
     NO_SOCKETS.match),
    ("tools/policy/", r"tools/(lib|evidence)/|crypto/|efi/base/|early/contract/", None),
    ("tools/measure/model/", r"tools/lib/", None),
    ("tools/measure/stub/", MEASURE + r"efi/contract/", None),
    ("tools/measure/firmware/", MEASURE + r"$^", None),
    ("tools/measure/cc/", MEASURE + r"tools/measure/firmware/", None),
    ("tools/measure/output/", MEASURE + r"$^", None),
    ("tools/measure/evidence/", MEASURE + r"tools/measure/output/|tools/evidence/tpm/|crypto/",
     None),
    ("tools/measure/cause/", MEASURE + r"tools/measure/(evidence|output)/", None),
    ("tools/measure/check/", MEASURE + r"tools/measure/(cause|evidence|output)/", None),
    ("tools/measure/diff/", MEASURE + r"tools/measure/output/|tools/content/", None),
    ("tools/measure/", r"tools/(lib|policy|measure)/|crypto/|efi/|early/contract/", None),
    ("tools/build/", r"tools/(lib|measure)/|crypto/|efi/(base|contract)/|early/contract/", None),
    ("tools/reproduce/", r"tools/(lib|content|measure|build)/", None),
    ("tools/run/", r"tools/(lib|measure)/|crypto/|early/contract/", None),
    ("tools/bundle/",
     r"tools/(lib|policy)/|tools/serve/store/store(_revocations)?\.h$|crypto/|early/contract/",
     None),
    ("tools/serve/log/", r"tools/lib/", None),
    ("tools/serve/audit/", r"tools/(lib|serve/log)/|crypto/", None),
    ("tools/keys/", r"tools/lib/|crypto/|efi/base/|early/contract/", None),
    ("tools/serve/keys/", r"tools/(keys|lib)/|crypto/|efi/base/|early/contract/", None),
    ("tools/serve/store/",
     r"tools/(lib|evidence|policy|serve/(audit|keys))/|crypto/|efi/base/|early/contract/", None),
    ("tools/serve/own/", r"tools/(lib|tpm)/|crypto/digest\.h$|early/contract/",
     NO_SOCKETS.match),
    ("tools/serve/join/",
     r"tools/(lib|evidence|keys|policy|serve/(audit|keys|log|own|store|tls))/|crypto/|"
     r"early/contract/",
     NO_SOCKETS.match),
    ("tools/serve/tls/", r"tools/lib/|crypto/|early/contract/", NO_SOCKETS.match),
    ("tools/serve/net/", r"tools/(lib|policy|serve/(join|log|tls))/|crypto/|early/contract/", None),
    ("tools/serve/node/",
     r"tools/(lib|bundle|evidence|keys|policy|serve/(audit|join|keys|log|store|tls))/|"
     r"crypto/|"
     r"early/contract/", None),
    ("tools/serve/", r"tools/(bundle|lib|policy)/|crypto/|efi/base/|early/contract/", None),
    ("tools/operator/", r"tools/(lib|bundle|keys|policy|serve)/|crypto/|early/contract/", None),
    ("tools/explain/", r"tools/lib/|(crypto|efi/contract)/errors\.def$|early/contract/", None),
    ("tools/", r"tools/|crypto/|efi/(base|contract)/|early/contract/", None),
    ("tests/", r"(tests|tools|crypto|early|efi)/", None),
    ("third_party/", r"(?!efi/|early/|tools/|tests/)", None),
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
        elif (kind == '"' and "/" in header and not header.startswith(folder)
              and not re.match(allowed, header)):
            found.append(where + f"may not include {header}")
        elif header.endswith("_private.h") and not path.startswith("tests/") and (
                Path(header).parent != Path(path).parent):
            found.append(where + f"includes a header that is private to its room, {header}")
        elif kind == "<" and refused_system and refused_system(header):
            found.append(where + f"may not include <{header}>")
    return found


def module_of(path: str) -> str:
    return re.sub(r"(_private)?\.[ch]$", "", path)


def rings(texts: dict[str, str]) -> list[str]:
    """Rings of modules that include each other; texts: of the files by path."""
    uses: dict[str, set[str]] = {}
    for path, text in texts.items():
        headers = {m[2] for m in INCLUDE.finditer(text) if m[1] == '"' and m[2] in texts}
        uses.setdefault(module_of(path), set()).update(module_of(h) for h in headers)
    # What includes nothing that is left is in no ring; what remains is.
    while True:
        done = {m for m in uses if not uses[m] - {m}}
        if not done:
            break
        uses = {m: used - done for m, used in uses.items() if m not in done}
    ring = [m for m in sorted(uses) if any(m in reach(uses, used) for used in uses[m] - {m})]
    return [f"a ring of includes goes through {', '.join(ring)}"] if ring else []


def reach(uses: dict[str, set[str]], start: str) -> set[str]:
    """Every module that `start` includes, at whatever depth, itself among them."""
    found, new = set(), {start}
    while new:
        found |= new
        new = {used for m in new for used in uses[m]} - found
    return found


def problems():
    files = c_files()
    found = rings({name(path): path.read_text() for path in files})
    for path in files:
        found += problems_in(name(path), path.read_text())
    return found, len(files)


if __name__ == "__main__":
    run(problems)
