# SPDX-License-Identifier: GPL-2.0-or-later
"""
The root file system of a cluster's nodes: the tiny one, with the protostar command of this build
and the libraries that it is linked with on this machine.
"""

import re
import shutil
import subprocess
from pathlib import Path

from . import roots
from .product import Product

APPLETS = ["httpd", "wget", "sed", "mv", "rm"]


def _libraries(program: Path) -> list[Path]:
    """The dynamic loader among them; all are absolute names."""
    said = subprocess.run(["ldd", str(program)], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=60, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}).stdout
    return [Path(name) for name in re.findall(r"(/\S+) \(0x", said)]


def make(small: Path, product: Product, folder: Path, operator_pem: Path) -> Path:
    """
    A folder `root` in this one. small: roots.small()'s. operator_pem: whom bundles for a recovery
    are sealed to.
    """
    target = folder / "root"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(small, target, symlinks=True)
    program = product.find("protostar")
    shutil.copy(program, target / "usr" / "bin" / "protostar")
    for library in _libraries(program):
        place = target / library.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        shutil.copy(library, place)
    for name in APPLETS:
        (target / "usr" / "bin" / name).symlink_to("busybox")
    init = target / "usr" / "sbin" / "init"
    shutil.copy(roots.GUEST / "cluster-init", init)
    asked = target / "usr" / "lib" / "protostar-cluster" / "cgi-bin"
    asked.mkdir(parents=True)
    shutil.copy(roots.GUEST / "cluster-cgi", asked / "cluster")
    shutil.copy(operator_pem, asked.parent / "operator.pem")
    return target
