#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A container image in layers, whose upper layer puts in the init that boots and takes away one that
would not, joins: built from an OCI layout and from what `docker save` writes, which are one disk
image.
usage: container_root.py BUILD
"""

import filecmp
import sys
from pathlib import Path

from harness import SERVICE_ADDRESS, Archive, build_image, check, main, roots, story

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from container_maker import Image, Layout, entry, layer, of_folder, saved, to_tar  # noqa: E402

WRONG_INIT = b"#!/nonexistent\n"


def make_layers(root: Path) -> Image:
    """The tiny root file system, its init in a layer of its own."""
    init = (root / "usr/sbin/init").read_bytes()
    files = [e for e in of_folder(root) if e[0].name != "usr/sbin/init"]
    wrong = [entry("usr/sbin/init", WRONG_INIT, mode=0o755), entry("usr/bin/wrong", mode=0o755)]
    # /sbin is a link to usr/sbin: the layer's way leads through it.
    right = [entry("sbin/init", init, mode=0o755), entry("usr/bin/.wh.wrong")]
    return Image(layer(*files, *wrong), layer(*right))


def test(world) -> None:
    world.copy_base(with_node=False)
    kernel = roots.kernel(Archive(), world.base)
    layers = make_layers(world.base / "root-small")
    made = Layout(world.folder / "layout")
    made.add(layers, "node:latest", packer="zstd")
    archive = to_tar(saved(world.folder / "saved", [(layers, ["node:latest"])]),
                     world.folder / "saved.tar")
    images = [build_image(world.product, world.folder / name, kernel, root, SERVICE_ADDRESS,
                          [world.pin()], cmdline="console=ttyS0 panic=-1 no_timer_check")
              for name, root in (("of-layout", made.write()), ("of-archive", archive))]
    check(filecmp.cmp(images[0].disk, images[1].disk, False),
          "the OCI layout and the saved archive are one disk image")
    world.service.policy = story.write_policy(images[:1], world.folder / "policy.json", ca=world.ca)
    world.service.start()
    node = world.node(disk=images[0].disk).create()
    world.boots(node, "joined", "state disk formatted", "init started", "marker written",
                image=images[0])
    world.boots(node, "rejoined", "init started", "marker survived", image=images[0])


if __name__ == "__main__":
    main(test, "container-root")
