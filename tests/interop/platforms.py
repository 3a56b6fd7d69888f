#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which modules `protostar build --platform` puts into the initrd, from trees of stand-ins in the
shapes that kernels have: drivers built in, as modules, missing; algorithms that go by alias only;
files compressed in every way. What is refused is refused beside a twin that is built.
usage: platforms.py PROTOSTAR STUB
"""

import gzip
import json
import subprocess
import sys
import unittest
from pathlib import Path

import image
from image import VERSION, module_bytes, run

NET, BLOCK, COCO = "kernel/drivers/net", "kernel/drivers/block", "kernel/drivers/virt/coco"
HARDWARE = {  # name: (path, dependencies)
    "virtio": ("kernel/drivers/virtio/virtio.ko", []),
    "virtio_pci": ("kernel/drivers/virtio/virtio_pci.ko", ["virtio"]),
    "virtio_blk": (f"{BLOCK}/virtio_blk.ko", ["virtio"]),
    "virtio_net": (f"{NET}/virtio_net.ko", ["virtio"]),
    "scsi_mod": ("kernel/drivers/scsi/scsi_mod.ko", []),
    "sd_mod": ("kernel/drivers/scsi/sd_mod.ko", ["scsi_mod"]),
    "virtio_scsi": ("kernel/drivers/scsi/virtio_scsi.ko", ["virtio", "scsi_mod"]),
    "vmw_pvscsi": ("kernel/drivers/scsi/vmw_pvscsi.ko", ["scsi_mod"]),
    "nvme_core": ("kernel/drivers/nvme/host/nvme-core.ko", []),
    "nvme": ("kernel/drivers/nvme/host/nvme.ko", ["nvme_core"]),
    "hv_vmbus": ("kernel/drivers/hv/hv_vmbus.ko", []),
    "pci_hyperv": ("kernel/drivers/pci/controller/pci-hyperv.ko", ["hv_vmbus"]),
    "hv_storvsc": ("kernel/drivers/scsi/hv_storvsc.ko", ["hv_vmbus", "scsi_mod"]),
    "hv_netvsc": (f"{NET}/hyperv/hv_netvsc.ko", ["hv_vmbus"]),
    "ena": (f"{NET}/ethernet/amazon/ena/ena.ko", []),
    "gve": (f"{NET}/ethernet/google/gve/gve.ko", []),
    "xen_blkfront": (f"{BLOCK}/xen-blkfront.ko", []),
    "xen_netfront": (f"{NET}/xen-netfront.ko", []),
    "e1000e": (f"{NET}/ethernet/intel/e1000e/e1000e.ko", []),
    "vmxnet3": (f"{NET}/vmxnet3/vmxnet3.ko", []),
    "configfs": ("kernel/fs/configfs/configfs.ko", []),
    "tsm": (f"{COCO}/tsm.ko", ["configfs"]),
    "sev_guest": (f"{COCO}/sev-guest/sev-guest.ko", ["tsm", "configfs"]),
    "tdx_guest": (f"{COCO}/tdx-guest/tdx-guest.ko", ["tsm", "configfs"]),
    "crypto_null": ("kernel/crypto/crypto_null.ko", []),
    "gcm": ("kernel/crypto/gcm.ko", ["crypto_null"]),
    "ghash_generic": ("kernel/crypto/ghash-generic.ko", []),
    "mlx5_core": (f"{NET}/ethernet/mellanox/mlx5/core/mlx5_core.ko", []),
}
COMMON = {
    "dm_mod": ("kernel/drivers/md/dm-mod.ko", []),
    "dm_verity": ("kernel/drivers/md/dm-verity.ko", ["dm_mod"]),
    "dm_crypt": ("kernel/drivers/md/dm-crypt.ko", ["dm_mod"]),
    "dm_integrity": ("kernel/drivers/md/dm-integrity.ko", ["dm_mod"]),
    "erofs": ("kernel/fs/erofs/erofs.ko", []),
    "aegis128": ("kernel/crypto/aegis128.ko", []),
    "ext4": ("kernel/fs/ext4/ext4.ko", []),
    "tpm_tis": ("kernel/drivers/char/tpm/tpm_tis.ko", []),
    "af_packet": ("kernel/net/packet/af_packet.ko", []),
}
# As Linux 7.0 has it: no aes_generic, no sha256_generic, and the rest in the library.
CRYPTO = {
    "libaes": ("kernel/lib/crypto/libaes.ko", []),
    "aes": ("kernel/crypto/aes.ko", ["libaes"]),
    "xts": ("kernel/crypto/xts.ko", []),
    "authenc": ("kernel/crypto/authenc.ko", []),
}
ALIASES = [("crypto-aes", "aes"), ("crypto-xts", "xts"), ("crypto-authenc", "authenc"),
           ("crypto-gcm", "gcm"), ("crypto-ghash", "ghash_generic")]
INFO = ["sha256.license=GPL", "sha256.alias=crypto-sha256", "hmac.alias=crypto-hmac"]
XTS = "protostar.state.cipher=aes-xts-hmac-sha256"
SNP = {"configfs", "tsm", "sev_guest", "crypto_null", "gcm", "ghash_generic"}
TDX = {"configfs", "tsm", "tdx_guest"}
SETS = {
    "qemu": {"virtio", "virtio_pci", "virtio_blk", "virtio_net", "scsi_mod", "sd_mod",
             "virtio_scsi", "nvme_core", "nvme", "e1000e", *SNP, *TDX},
    "aws": {"nvme_core", "nvme", "ena", "xen_blkfront", "xen_netfront", *SNP},
    "gcp": {"virtio", "virtio_pci", "virtio_net", "scsi_mod", "sd_mod", "virtio_scsi", "nvme_core",
            "nvme", "gve", *SNP, *TDX},
    "azure": {"scsi_mod", "sd_mod", "nvme_core", "nvme", "hv_vmbus", "pci_hyperv", "hv_storvsc",
              "hv_netvsc"},
}
SETS["all"] = set(HARDWARE) - {"mlx5_core"}
NEEDED = {"qemu": ["virtio_pci", "virtio_blk", "virtio_net"], "aws": ["nvme", "ena"],
          "gcp": ["virtio_pci", "virtio_scsi", "sd_mod", "nvme", "gve"],
          "azure": ["sd_mod", "hv_vmbus", "hv_storvsc", "hv_netvsc"],
          "all": ["virtio_pci", "virtio_blk", "virtio_net"]}


def make_tree(folder: Path, without=(), builtin=(), info=INFO, aliases=ALIASES, packer="") -> Path:
    """A kernel's modules: all of the above but some, some of them built in."""
    modules = {n: m for n, m in {**HARDWARE, **COMMON, **CRYPTO}.items() if n not in without}
    suffix = {"": "", "xz": ".xz", "zstd": ".zst", "gzip": ".gz"}[packer]
    loadable = {n: m for n, m in modules.items() if n not in builtin}
    lines = []
    for name, (path, needs) in loadable.items():
        target = folder / (path + suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        data = module_bytes(name)
        target.write_bytes(run(packer, "-c", input=data) if packer else data)
        lines.append(f"{path}{suffix}:" + "".join(
            f" {loadable[n][0]}{suffix}" for n in needs if n in loadable))
    (folder / "modules.dep").write_text("\n".join(lines) + "\n")
    (folder / "modules.builtin").write_text(
        "".join(f"{modules[n][0]}\n" for n in modules if n in builtin))
    (folder / "modules.softdep").write_text("")
    if aliases is not None:
        (folder / "modules.alias").write_text("".join(f"alias {a} {m}\n" for a, m in aliases))
    if info is not None:
        (folder / "modules.builtin.modinfo").write_bytes(
            b"".join(line.encode() + b"\0" for line in info))
    return folder


class Platforms(image.ImageTest):
    def tree(self, name: str, **more) -> Path:
        return make_tree(self.bench.folder / name / VERSION, **more)

    def initrd(self, tree: Path, name: str, **more) -> bytes:
        out = self.bench.folder / "out" / name
        out.parent.mkdir(exist_ok=True)
        self.bench.must(self.bench.words(modules_dir=tree, out=out, **more))
        return (out / "initrd.img").read_bytes()

    def lines(self, initrd: bytes) -> list[str]:
        return run("cpio", "-i", "--quiet", "--to-stdout", "modules.list",
                   input=gzip.decompress(initrd)).decode().splitlines()

    def listed(self, initrd: bytes) -> set[str]:
        return {line.split()[0].lstrip("-").removesuffix(".ko") for line in self.lines(initrd)}

    def refused(self, tree: Path, *says: str, code: int = 1, **more) -> None:
        words = self.bench.words(modules_dir=tree, out=self.bench.folder / "refused", **more)
        result = self.bench.build(words)
        self.assertEqual(result.returncode, code, result.stderr)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.bench.folder / "refused").exists())

    def test_sets(self):
        tree = self.tree("whole")
        for platform, want in SETS.items():
            found = self.listed(self.initrd(tree, platform, platform=platform))
            self.assertEqual(found & set(HARDWARE), want, platform)
            self.assertEqual(found - set(HARDWARE), set(COMMON), platform)
        self.assertEqual(self.initrd(tree, "default"), self.initrd(tree, "all", platform="all"))
        self.refused(tree, "--platform xen: it takes all, qemu, aws, gcp or azure", code=2,
                     platform="xen")

    def test_needed(self):
        """What the platform's machines need is missed; what only others have is not."""
        for platform, names in NEEDED.items():
            for name in names:
                bare = self.tree(f"{platform}-{name}", without=[name])
                self.refused(bare, f"the module {name} is neither in {bare} nor built into the "
                             "kernel: it is for", platform=platform)
        for platform, names in NEEDED.items():
            needed = {*names, *(n for m in names for n in HARDWARE[m][1])}
            tree = self.tree(f"only-{platform}", without=set(HARDWARE) - needed)
            self.assertEqual(
                self.listed(self.initrd(tree, f"only-{platform}", platform=platform))
                & set(HARDWARE), needed)

    def test_built_in(self):
        tree = self.tree("builtin", builtin=[*HARDWARE, "aegis128", "tpm_tis"])
        for platform in SETS:
            found = self.listed(self.initrd(tree, f"builtin-{platform}", platform=platform))
            self.assertEqual(found, set(COMMON) - {"aegis128", "tpm_tis"})

    def test_others_drivers_are_optional(self):
        """Hyper-V's and Xen's are refused elsewhere, and what builds on them is not tried then."""
        lines = self.lines(self.initrd(self.tree("optional"), "optional", platform="azure"))
        self.assertIn("-hv_vmbus.ko", lines)
        self.assertIn("-hv_netvsc.ko hv_vmbus.ko", lines)
        self.assertIn("-hv_storvsc.ko hv_vmbus.ko", lines)
        self.assertIn("sd_mod.ko", lines)
        lines = self.lines(self.initrd(self.tree("optional"), "optional"))
        self.assertIn("-hv_storvsc.ko hv_vmbus.ko scsi_mod.ko", [
            " ".join([line.split()[0], *sorted(line.split()[1:])]) for line in lines])
        self.assertIn("-xen_blkfront.ko", lines)
        self.assertIn("virtio_blk.ko", lines)

    def test_reports(self):
        """What reports of the processor need is loaded before, and may be refused or missing."""
        lines = self.lines(self.initrd(self.tree("reports"), "reports"))
        names = [line.split()[0] for line in lines]
        for name, before in (("sev_guest", {"tsm", "configfs", "gcm", "ghash_generic"}),
                             ("tdx_guest", {"tsm", "configfs"}), ("tsm", {"configfs"})):
            place = names.index(f"-{name}.ko")
            self.assertLessEqual({f"-{n}.ko" for n in before}, set(names[:place]), name)
        line = next(line for line in lines if line.startswith("-sev_guest.ko"))
        self.assertEqual(set(line.split()[1:]), {"tsm.ko", "configfs.ko"})
        bare = self.tree("no-aliases", aliases=None)
        self.assertLessEqual(SNP, self.listed(self.initrd(bare, "no-aliases")))
        for missing, want in (("sev_guest", TDX), ("tdx_guest", SNP)):
            found = self.listed(self.initrd(self.tree(f"no-{missing}", without=[missing]), missing))
            self.assertEqual(found & (SNP | TDX), want)
        built = self.tree("sev-builtin", builtin=["sev_guest", "tsm", "configfs"])
        found = self.listed(self.initrd(built, "sev-builtin"))
        self.assertEqual(found & (SNP | TDX), {"tdx_guest"})

    def test_algorithms_by_alias(self):
        """Linux 7.0 has no aes_generic: what has the alias is taken."""
        tree = self.tree("seven")
        found = self.listed(self.initrd(tree, "seven", option=XTS))
        self.assertEqual(found - set(HARDWARE) - set(COMMON), {"libaes", "aes", "xts", "authenc"})
        self.assertNotIn("aegis128", found)
        cipher = "protostar.state.cipher=aes-xts-hmac-sha256"
        bare = self.tree("no-aes", without=["aes"], aliases=ALIASES[1:])
        self.refused(bare, "the module crypto-aes is neither", f"it is for {cipher}", option=XTS)
        self.initrd(bare, "no-aes")  # the other cipher does without
        bare = self.tree("no-sha256", info=INFO[2:])
        self.refused(bare, "the module crypto-sha256 is neither",
                     "it is for the root file system's hash tree")
        bare = self.tree("no-hmac", info=INFO[:2])
        self.refused(bare, "the module crypto-hmac is neither", f"it is for {cipher}", option=XTS)
        built = self.tree("aes-builtin", without=["aes"], aliases=ALIASES[1:],
                          info=[*INFO, "aes.alias=crypto-aes"])
        self.assertNotIn("aes", self.listed(self.initrd(built, "aes-builtin", option=XTS)))

    def test_settings_ask(self):
        bare = self.tree("no-packet", without=["af_packet"])
        self.refused(bare, "the module af_packet is neither", "it is for protostar.net=dhcp")
        self.initrd(bare, "no-packet", option="protostar.net=ra")
        self.refused(self.tree("no-tpm", without=["tpm_tis"]), "the module tpm_crb is neither",
                     "it is for the TPM")
        self.refused(self.tree("no-ext4", without=["ext4"]), "the module ext4 is neither",
                     "it is for the state disk's file system")

    def test_trees_that_tell_less(self):
        """Until Linux 5.2 nothing told of built-in aliases: what may be built in is not missed."""
        old = self.tree("old", without=["tpm_tis", "af_packet", "aes"], aliases=None, info=None)
        found = self.listed(self.initrd(old, "old", option=XTS))
        self.assertTrue({"xts", "authenc"} <= found)

    def test_asked_for(self):
        tree = self.tree("asked")
        found = self.listed(self.initrd(tree, "asked", platform="aws", module="mlx5_core"))
        self.assertIn("mlx5_core", found)
        self.assertIn("aes", self.listed(self.initrd(tree, "asked", module="crypto-aes")))
        self.refused(tree, "the module aes_generic is neither", module="aes_generic")

    def test_compressed(self):
        """However the files lie there, the initrd is the same."""
        want = self.initrd(self.tree("plain"), "plain")
        for packer in ("xz", "zstd", "gzip"):
            tree = self.tree(packer, packer=packer)
            self.assertEqual(self.initrd(tree, packer), want, packer)
            path = next(tree.rglob("virtio_blk.ko.*"))
            whole = path.read_bytes()
            path.write_bytes(whole[:-20])
            self.refused(tree, "virtio_blk.ko")
            path.write_bytes(run(packer, "-c", input=b"<html>no module</html>"))
            self.refused(tree, "virtio_blk.ko", "is no kernel module")
            path.write_bytes(whole)
        tree = self.tree("plain")
        (tree / HARDWARE["virtio_blk"][0]).write_bytes(b"version https://git-lfs\n")
        self.refused(tree, "is no kernel module: it holds no ELF file")

    def test_recipe(self):
        """The platform is part of how an image is made; older recipes have none."""
        tree, out = self.tree("recipe"), self.bench.folder / "out" / "recipe"
        self.initrd(tree, "recipe", platform="gcp")
        recipe = json.loads((out / "recipe.json").read_text())
        self.assertEqual(recipe["options"]["platform"], "gcp")
        self.assertEqual(recipe["options"]["profile"], "gcp")
        words = [image.PROTOSTAR, "reproduce", out, "--recipe", out / "recipe.json", "--inputs",
                 self.bench.folder, f"--input=modules={tree}", f"--input=stub={image.STUB}"]
        run(*words)
        changed = self.bench.folder / "changed.json"
        words[4] = changed
        for platform, code in (("all", 1), (None, 1), ("mainframe", 2), (7, 2)):
            del recipe["options"]["platform"]
            if platform is not None:
                recipe["options"]["platform"] = platform
            changed.write_text(json.dumps(recipe))
            recipe["options"]["platform"] = ""
            result = subprocess.run([str(w) for w in words], check=False, capture_output=True,
                                    text=True, timeout=120)
            self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn("platform", result.stderr)

    def test_profile_follows(self):
        tree = self.tree("profile")
        for words, want in (({"platform": "aws"}, "aws"), ({}, "qemu-ovmf"),
                            ({"platform": "azure", "profile": "uefi"}, "uefi")):
            self.initrd(tree, "profile", **words)
            recipe = json.loads((self.bench.folder / "out/profile/recipe.json").read_text())
            self.assertEqual(recipe["options"]["profile"], want)


if __name__ == "__main__":
    image.PROTOSTAR, image.STUB = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
