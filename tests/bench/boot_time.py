# SPDX-License-Identifier: GPL-2.0-or-later
"""
From the kernel's first instant to the root's init, by the kernel's own clock, beside a peer: the
same kernel, root, machine and firmware, with systemd-stub and an initrd of BusyBox and veritysetup.
"""

import gzip
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from setting import (FOLDER, HERE, BenchError, Machine, Setting, kernel_ms, run_machine, say,
                     stages, tamper)
from table import Row, number, show
from vm.debian import unpack
from vm.paths import program

STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
PEER_PACKAGES = ["busybox-static", "cryptsetup-bin"]
APPLETS = ["sh", "mount", "insmod", "sleep", "switch_root"]
# Modules of our initrd that only the network and the state disk need.
NOT_FOR_PEER = re.compile(r"net|failover|crypt|simd|aegis|integrity|async|xor|scsi|sd_mod|hv_|"
                          r"hyperv|xen|ena\.|gve|e1000e|vmx|nvme")
# Stages with no counterpart in the peer.
ONLY_OURS = ("entropy", "tpm", "network", "join", "seal", "handoff")
INIT = "protostar-bench: init"
PID_1 = "Run /init as init process"
NAME = "BusyBox and veritysetup"
NOTE = ("The peer does less: it opens the verity root and nothing else. It has no TPM, network, "
        "attestation or state disk; its modules are only those that the root needs.")


def _libraries(root: Path, binary: Path) -> set[str]:
    """Names of the shared libraries that a program needs, itself or through others."""
    found, waiting = set(), [binary]
    while waiting:
        text = subprocess.run([program("objdump"), "-p", str(waiting.pop())], check=True,
                              stdout=subprocess.PIPE, text=True, timeout=60).stdout
        for name in re.findall(r"NEEDED +(\S+)", text):
            paths = list(root.glob(f"lib/**/{name}")) + list(root.glob(f"usr/lib/**/{name}"))
            if not paths:
                raise BenchError(f"no {name} among the peer's packages")
            if name not in found:
                found.add(name)
                waiting.append(paths[0])
    return found


def _peer_tree(setting: Setting, work: Path) -> Path:
    packages, tree = work / "packages", work / "tree"
    for archive in setting.archive.with_dependencies(PEER_PACKAGES):
        unpack(archive, packages)
    for name in ("bin", "sbin", "dev", "proc", "sys", "run", "sysroot", "lib64", "lib"):
        (tree / name).mkdir(parents=True)
    tool = next(packages.glob("**/sbin/veritysetup"))
    shutil.copy(tool, tree / "sbin" / "veritysetup")
    for name in _libraries(packages, tool):
        target = "lib64" if name.startswith("ld-linux") else "lib"
        shutil.copy(next(packages.glob(f"**/{name}")), tree / target / name)
    shutil.copy(next(packages.glob("**/bin/busybox")), tree / "bin" / "busybox")
    for name in APPLETS:
        (tree / "bin" / name).symlink_to("busybox")
    shutil.copy(HERE / "guest" / "peer-init", tree / "init")
    return tree


def _cpio(tree: Path) -> bytes:
    names = sorted(str(p.relative_to(tree)) for p in tree.rglob("*"))
    return subprocess.run([program("cpio"), "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=tree,
                          input="\n".join(names).encode(), stdout=subprocess.PIPE, check=True,
                          timeout=60).stdout


def _peer_modules(setting: Setting, tree: Path, work: Path) -> None:
    """Those of our own initrd that the root needs, in the same order."""
    own = work / "own"
    own.mkdir()
    subprocess.run([program("cpio"), "-i", "-d", "--quiet", "--no-absolute-filenames", "modules/*",
                    "modules.list"], cwd=own, check=True, timeout=60,
                   input=gzip.decompress((setting.image().folder / "initrd.img").read_bytes()))
    wanted = []
    for line in (own / "modules.list").read_text().splitlines():
        name = line.split()[0].lstrip("-")  # the mark of one that may be missing
        if not NOT_FOR_PEER.search(name):
            wanted.append(name)
    shutil.copytree(own / "modules", tree / "modules")
    for path in (tree / "modules").iterdir():
        if path.name not in wanted:
            path.unlink()
    (tree / "modules.list").write_text("".join(f"{name}\n" for name in wanted))


def _peer_uki(setting: Setting, initrd: Path, work: Path) -> Path:
    """As systemd's manual puts one together: sections behind the stub's own."""
    cmdline = work / "cmdline"
    own = (setting.image().folder / "cmdline").read_text()
    cmdline.write_text(" ".join(w for w in own.split() if not w.startswith("protostar.")))
    at, words = 0x2000000, []
    for name, path in ((".cmdline", cmdline), (".initrd", initrd), (".linux", setting.kernel[0])):
        words += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={at:#x}"]
        at += (path.stat().st_size + 0xFFFFF) & ~0xFFFFF
    out = work / "peer.efi"
    subprocess.run([program("objcopy"), *words, str(STUB), str(out)], check=True, timeout=60)
    return out


def peer_disk(setting: Setting) -> Path:
    """A copy of the image's disk with the peer's UKI in its ESP."""
    if not STUB.is_file():
        raise BenchError("systemd-stub is not installed: run tools/deps test")
    setting.prepare()
    work = FOLDER / "run" / "peer"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    tree = _peer_tree(setting, work)
    _peer_modules(setting, tree, work)
    initrd = work / "initrd.img"
    initrd.write_bytes(gzip.compress(_cpio(tree), mtime=0))
    disk = tamper.copy(setting.image().disk, work / "disk.img")
    tamper.write_uki(disk, _peer_uki(setting, initrd, work).read_bytes())
    return disk


def _own(machine: Machine) -> dict[str, float]:
    console = run_machine(machine)
    found = stages(console)
    found["init"] = kernel_ms(console, INIT)
    found["pid1"] = kernel_ms(console, PID_1)
    found["early"] = found["init"] - found["pid1"]
    found["as peer"] = found["early"] - sum(found[s] for s in ONLY_OURS)
    return found


def _peer(machine: Machine) -> dict[str, float]:
    console = run_machine(machine)
    init, pid1 = kernel_ms(console, INIT), kernel_ms(console, PID_1)
    return {"init": init, "pid1": pid1, "early": init - pid1}


def run(setting: Setting) -> list[Row]:
    peer_image = peer_disk(setting)
    rows = {(kind, what): Row(f"{kind}: {text}", "ms", NAME)
            for kind in ("first boot", "rejoin")
            for what, text in (("init", "kernel entry to exec of init"),
                               ("pid1", "of it kernel entry to PID 1"),
                               ("early", "of it PID 1 to exec of init"))}
    same = Row("rejoin: PID 1 to exec of init without the stages that the peer lacks", "ms", NAME)
    single: dict[str, dict[str, list[float]]] = {}
    for turn in range(1, setting.rounds + 1):
        say(f"boot: round {turn}")
        node = setting.node("boot", setting.image().disk).machine()
        other = setting.node("boot-peer", peer_image).machine()
        for kind in ("first boot", "rejoin"):
            own, peer = _own(node), _peer(other)
            for what in ("init", "pid1", "early"):
                rows[kind, what].add(own[what], peer[what])
            for stage in [s for s in own if s not in ("init", "pid1", "early", "as peer")]:
                single.setdefault(stage, {}).setdefault(kind, []).append(own[stage])
        same.add(own["as peer"], peer["early"])
    show("boot: kernel entry to the root's init", [*rows.values(), same], NOTE)
    print("\n| stage of PID 1 | first boot | rejoin |\n|---|---|---|")
    for stage, kinds in single.items():
        cells = [f"{number(statistics.median(kinds[k]))} ms" for k in ("first boot", "rejoin")]
        print(f"| {stage} | {' | '.join(cells)} |", flush=True)
    return [rows["first boot", "init"], rows["rejoin", "init"], same]
