#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tools/serve/OPERATIONS.md, followed to the letter, prints what the page shows: policy, identity,
enrolment, rotation, revocation and recovery of one machine, which boots for it.

The shell lines are the page's. Kernel and root file system are the base's, in place of those of
README's first block. All runs in namespaces of its own, so that the ports which the page names are
free and nothing goes on when the test ends.
usage: operations.py BUILD
"""

import os
import shutil
import subprocess
import tarfile

import shown
from harness import World, check, main
from newcomer import AT_HOME
from vm.paths import REPO, program

PAGE = REPO / "tools" / "serve" / "OPERATIONS.md"
WALK_SECONDS = 1500
VERBS = ("init", "serve", "build", "measure policy", "run", "recover", "node pending",
         "node approve", "node list", "node enroll", "node enrolled", "node rotate", "node keys",
         "node retire", "node revoke", "node revocations", "node unrevoke", "node export",
         "node bundles", "node recovered", "node audit")


def give(world: World) -> None:
    """What README's first block leaves in the folder."""
    shutil.copytree(world.base / "kernel", world.folder / "kernel", symlinks=True,
                    copy_function=os.link)
    with tarfile.open(world.folder / "root.tar", "w") as tar:
        tar.add(world.base / "root-small", ".")


def follow(world: World, steps: list[shown.Step]) -> None:
    """One shell for all, as a reader has; what each step prints goes into a file of its own."""
    script = f"{program('ip')} link set lo up\n"
    for number, step in enumerate(steps):
        script += f"exec > step-{number}.log 2>&1\n{step.commands}"
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    build = world.product.build.resolve()
    done = subprocess.run(
        [program("setpriv"), "--pdeathsig", "KILL", "unshare", *as_root, *AT_HOME,
         "bash", "-euc", script], cwd=world.folder, stdin=subprocess.DEVNULL,
        env={**os.environ, "B": str(build)}, timeout=WALK_SECONDS, check=False)
    check(done.returncode == 0, "every command of the page does what it should")


def test(world: World) -> None:
    shutil.rmtree(world.folder, ignore_errors=True)
    world.folder.mkdir(parents=True)
    text = PAGE.read_text()
    steps = shown.steps(text)
    commands = "".join(step.commands for step in steps)
    for verb in VERBS:
        check(f"protostar {verb} " in commands, f"the page has protostar {verb}")
    give(world)
    try:
        follow(world, steps)
        for number, step in enumerate(steps):
            printed = (world.folder / f"step-{number}.log").read_text().splitlines()
            problems = shown.missing(step.shown, printed)
            check(not problems, f"the page shows what {step.commands.splitlines()[0]!r} printed "
                  f"({'; '.join(problems) or 'all of it'})")
    except AssertionError:
        for path in sorted(world.folder.glob("*.log")):
            print(f"--- {path}", path.read_text(errors="replace")[-3000:], sep="\n", flush=True)
        raise
    shutil.rmtree(world.folder / "kernel")
    (world.folder / "root.tar").unlink()


if __name__ == "__main__":
    main(test, "operations")
