#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A block of the root file system that turns out bad while init runs: a kernel panic, so that a host
cannot choose which verified files are unreadable; with protostar.verity=eio an I/O error for who
reads it. The same machine boots again from the genuine disk and finds its state. Bad is a corrupted
block, or one that the host's disk fails to read; kernels before 6.12 cannot panic at the latter.
usage: corrupted_root.py BUILD SUITE (the Debian whose kernel boots)
"""

import random
import re
import shutil
import sys

from harness import SERVICE_ADDRESS, Archive, boot, build_image, check, main, roots, story, tamper
from vm.product import Image
from vm.qemu import Machine

SUITES = {"bookworm": False, "trixie": True}  # whether its kernel panics at reads that fail
DATA_BYTES = 1 << 20
PANIC = "Kernel panic - not syncing: dm-verity device "
# Read by init itself, after the report: what no stage of PID 1 has looked at.
READ_DATA = """
if cat /usr/lib/protostar-demo/data >/dev/null; then
	echo "root-test: data read"
else
	echo "root-test: data not read"
fi >/dev/console 2>&1
umount /run/state
"""


def make_root(world) -> tuple:
    """The tiny root with a file that does not compress; the folder, and some bytes of the file."""
    root = world.folder / "root"
    shutil.copytree(world.base / "root-small", root, symlinks=True)
    data = random.Random(1).randbytes(DATA_BYTES)
    (root / "usr/lib/protostar-demo/data").write_bytes(data)
    init = root / "usr/sbin/init"
    init.write_text(init.read_text().replace("\numount /run/state\n", READ_DATA))
    return root, data[DATA_BYTES // 2:DATA_BYTES // 2 + 32]


def make_images(world, root) -> tuple[Image, Image]:
    """One image for each setting, and a policy that admits both."""
    kernel = roots.kernel(Archive(suite=sys.argv[2]), world.folder)
    images = []
    for name, options in (("panic", ()), ("eio", ("protostar.verity=eio",))):
        images.append(build_image(world.product, world.folder / name, kernel, root,
                                  SERVICE_ADDRESS, [world.pin()], options,
                                  "console=ttyS0 no_timer_check"))
    world.service.policy = story.write_policy(images, world.folder / "policy.json", ca=world.ca)
    return images[0], images[1]


def said(machine: Machine, text: str) -> bool:
    return any(text in line.text for line in list(machine.console.lines))


def boots(world, image: Image, *steps: str) -> Machine:
    return world.boots(world.node(disk=image.disk), "init started", *steps, image=image)


def corrupted(world, image: Image, wanted: bytes) -> Machine:
    disk = tamper.copy(image.disk, world.folder / "tampered.img")
    tamper.corrupt_root(disk, wanted)
    return world.node(disk=disk).machine()


def unreadable(world, image: Image, wanted: bytes) -> Machine:
    machine = world.node(disk=image.disk).machine()
    machine.disks[0].failing = tamper.root_offset(image.disk, wanted)
    return machine


def panics(machine: Machine, why: str) -> None:
    with machine:
        machine.start().wait(re.escape(PANIC + why), story.BOOT_SECONDS)
        machine.wait_off(story.OFF_SECONDS)
    check(said(machine, boot.DONE), "the boot is admitted, and init runs, before the block is read")
    check(not said(machine, "root-test:"), f"init gets no answer: the kernel panicked ({why})")


def fails(machine: Machine) -> None:
    with machine:
        machine.start().wait("root-test: ", story.BOOT_SECONDS)
        machine.wait_off(story.OFF_SECONDS)
    check(said(machine, "root-test: data not read"), "who reads the block gets an error")
    check(not said(machine, PANIC), "and the kernel does not panic")


def recovers(world, image: Image) -> None:
    machine = boots(world, image, "rejoined", "marker survived")
    check(said(machine, "root-test: data read"), "the genuine disk boots again, with its state")


def test(world) -> None:
    world.copy_base(with_node=False)
    root, wanted = make_root(world)
    image, image_eio = make_images(world, root)
    world.service.start()
    world.node().create()
    machine = boots(world, image, "marker written")
    check(said(machine, "root-test: data read"), "the genuine file can be read")
    check(not said(machine, " refused: "), "drivers of what this machine has not say nothing")

    panics(corrupted(world, image, wanted), "corrupted")
    recovers(world, image)
    if SUITES[sys.argv[2]]:
        panics(unreadable(world, image, wanted), "has I/O error")
    else:
        check(said(machine, "panics at corrupted blocks, not at reads that fail"),
              "PID 1 says what this kernel cannot do")
        fails(unreadable(world, image, wanted))
    recovers(world, image)

    fails(corrupted(world, image_eio, wanted))
    fails(unreadable(world, image_eio, wanted))
    recovers(world, image_eio)
    for name in ("root", "kernel"):
        shutil.rmtree(world.folder / name)


if __name__ == "__main__":
    main(test, f"corrupted-root-{sys.argv[2]}")
