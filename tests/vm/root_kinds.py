#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A recipe of tools/build/examples, followed: the root file system that it makes becomes an image,
which joins and says so as its service has it. What the recipes fetch comes from this machine's own
mirror. mkosi's is not among them: it starts systemd-nspawn, which does not run everywhere.
usage: root_kinds.py BUILD mmdebstrap|debootstrap|container
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness import SERVICE_ADDRESS, Archive, boot, build_image, check, main, roots, story
from vm.debian import host_sources
from vm.paths import program
from vm.product import CommandError

EXAMPLES = Path(__file__).resolve().parents[2] / "tools" / "build" / "examples"
MAKE_SECONDS = 1500
SUITE, LINES = host_sources()
MIRROR = LINES[0].split()[-3]
SAID = r'"action":"format".*"stateMount":"/run/state"'


def run(folder: Path, *words) -> None:
    with open(folder / "make.log", "ab") as log:
        made = subprocess.run([str(w) for w in words], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log, timeout=MAKE_SECONDS, check=False,
                              env={**os.environ, "MIRROR": MIRROR, "STORAGE_DRIVER": "vfs"})
    if made.returncode != 0:
        said = (folder / "make.log").read_text(errors="replace")[-2000:]
        raise CommandError(f"{words[0]} ended with {made.returncode}: {said}")


def mmdebstrap(folder: Path) -> Path:
    run(folder, EXAMPLES / "mmdebstrap", SUITE, folder / "node.tar")
    return folder / "node.tar"


def debootstrap(folder: Path) -> Path:
    run(folder, EXAMPLES / "debootstrap", SUITE, folder / "tree")
    return folder / "tree"


def container(folder: Path) -> Path:
    """The Containerfile, upon a Debian that needs no registry."""
    base = folder / "base"
    base.mkdir()
    run(folder, program("mmdebstrap"), "--variant=minbase", SUITE, base / "base.tar", MIRROR)
    (base / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
    store = ["--root", folder / "store", "--runroot", folder / "run"]
    buildah = [program("buildah"), *store]
    run(folder, *buildah, "bud", "-t", "local" + "host/base", base)
    run(folder, *buildah, "bud", "--isolation=chroot", "--build-arg", "BASE=local" + "host/base",
        "-t", "local" + "host/node", "-f", EXAMPLES / "container" / "Containerfile", EXAMPLES)
    run(folder, *buildah, "push", "local" + "host/node", f"oci-archive:{folder / 'node.tar'}:node")
    run(folder, *buildah, "rmi", "--all", "--force")
    return folder / "node.tar"


KINDS = {"mmdebstrap": mmdebstrap, "debootstrap": debootstrap, "container": container}


def test(world) -> None:
    world.copy_base(with_node=False)
    made = KINDS[sys.argv[2]](world.folder.resolve())
    kernel = roots.kernel(Archive(), world.base)
    image = build_image(world.product, world.folder / "image", kernel, made, SERVICE_ADDRESS,
                        [world.pin()], cmdline="console=ttyS0 panic=-1 no_timer_check")
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    world.service.start()
    with world.node(disk=image.disk).create().machine() as machine:
        machine.start().wait(f"({boot.FAILURE.pattern})|({SAID})", 2 * story.BOOT_SECONDS)
        check(boot.said(machine.console, "joined"), "the node joined")
        check(bool(machine.console.find(SAID)), "and its service says how")
    for path in world.folder.iterdir():
        if path.name in ("node.tar", "base", "store", "run") or path == made:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main(test, f"root-kinds-{sys.argv[2]}")
