#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Container images as `protostar build --root` takes them: of umoci's and skopeo's making, and made
byte by byte (container_maker.py) where those make none: every form of one image is one disk image;
layers lie on each other as the specification says; and what is damaged, hostile or unclear is
refused with what to do.
usage: container_images.py PROTOSTAR STUB
"""

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

import image
from container_maker import DOCKER, OCI, Image, Layout, entry, folder, hard, layer, link, \
    of_folder, saved, sha256, to_tar
from image import run

CAPABILITY = b"\x01\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
POLICY = ["--insecure-policy"]


class ContainerTest(image.ImageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.base = layer(*of_folder(cls.bench.root))

    def setUp(self):
        self.place = self.bench.folder / self.id().rsplit(".", 1)[1]
        self.place.mkdir()

    def tearDown(self):
        shutil.rmtree(self.place)

    def layout(self, *layers: bytes, **more) -> Path:
        made = Layout(self.place / "layout")
        made.add(Image(self.base, *layers), **more)
        return made.write()

    def built(self, root: Path, name: str = "out", **more) -> Path:
        """The disk image of this root."""
        out = self.place / name
        self.bench.must(self.bench.words(root=root, out=out, **more))
        return out / "disk.img"

    def listing(self, disk: Path) -> dict[str, str]:
        """Path to what unsquashfs says before it: mode, owner, size."""
        root = self.cut(disk, 1, f"{self.place.name}/root.img")
        found = {}
        for line in run("unsquashfs", "-lln", root).decode().splitlines():
            match = re.match(r"(\S+ \S+) +(\d+|\d+, *\d+) \S+ \S+ squashfs-root/?(.*)", line)
            if match:
                name, _, target = match[3].partition(" -> ")
                found[name] = f"{match[1]} {match[2]}" + (f" -> {target}" if target else "")
        return found

    def text(self, name: str) -> bytes:
        return run("unsquashfs", "-cat", self.place / "root.img", name)

    def refused(self, says: str, root: Path, **more) -> str:
        out = self.place / "refused"
        before = sorted(self.place.iterdir())
        result = self.bench.build(self.bench.words(root=root, out=out, **more))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(says, result.stderr)
        self.assertEqual(sorted(self.place.iterdir()), before)
        return result.stderr


class Forms(ContainerTest):
    """One image, whatever it comes in."""

    def test_all_forms_are_one(self):
        one = Image(self.base, layer(entry("etc/more", b"more")), self.base)
        made = Layout(self.place / "layout")
        made.add(one, "a:1")
        want = self.built(made.write())
        self.listing(want)
        self.assertEqual(self.text("etc/more"), b"more")
        others = [to_tar(made.place, self.place / "oci.tar")]
        for packer, style in (("", OCI), ("zstd", OCI), ("", DOCKER), ("gzip", DOCKER)):
            other = Layout(self.place / f"layout-{packer}-{len(style)}")
            other.add(one, packer=packer, style=style)
            others.append(other.write())
        for old in (False, True):
            place = saved(self.place / f"saved-{old}", [(one, ["a:1"])], old)
            others += [place, to_tar(place, self.place / f"saved-{old}.tar")]
        packed = self.place / "packed.tar.gz"
        packed.write_bytes(run("gzip", "-c", others[-1]))
        for number, root in enumerate([*others, packed]):
            disk = self.built(root, f"out-{number}")
            self.assertTrue(filecmp.cmp(want, disk, False), root.name)

    def test_docker_25(self):
        """Both forms in one archive; and attestations, which are no images."""
        one = Image(self.base)
        made = Layout(self.place / "both")
        made.add(one, packer="", style=OCI, platform="linux/amd64")
        made.manifests[-1]["annotations"] = {
            "io.containerd.image.name": "docker.io/library/a:1",
            "org.opencontainers.image.ref.name": "1"}
        made.add(Image(layer(entry("in-toto", b"{}"))), platform="unknown/unknown")
        made.manifests[-1]["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
        (made.write() / "manifest.json").write_text(json.dumps([{
            "Config": "blobs/sha256/" + sha256(one.config)[7:], "RepoTags": ["a:1"],
            "Layers": ["blobs/sha256/" + sha256(self.base)[7:]]}]))
        archive = to_tar(made.place, self.place / "both.tar")
        want = self.built(archive)
        for tag in ("1", "docker.io/library/a:1", made.manifests[0]["digest"]):
            self.assertTrue(filecmp.cmp(want, self.built(archive, "tag", root_tag=tag), False))

    def test_made_by_umoci_and_skopeo(self):
        place, tag = self.place / "umoci", f"{self.place / 'umoci'}:one"
        run("umoci", "init", "--layout", place)
        run("umoci", "new", "--image", tag)
        run("umoci", "config", "--image", tag, "--os", "linux", "--architecture", "amd64")
        run("umoci", "insert", "--rootless", "--image", tag, self.bench.root, "/")
        extra = self.place / "extra"
        extra.mkdir()
        (extra / "new").write_text("new")
        (extra / "new").chmod(0o640)
        run("umoci", "insert", "--rootless", "--image", tag, extra / "new", "/etc/new")
        run("umoci", "insert", "--rootless", "--image", tag, "--opaque", extra, "/usr/share/x")
        run("umoci", "insert", "--rootless", "--image", tag, "--whiteout", "/etc/empty")
        want = self.built(place)
        found = self.listing(want)
        self.assertEqual(found["etc/new"], "-rw-r----- 0/0 3")
        self.assertIn("usr/share/x/new", found)
        self.assertNotIn("etc/empty", found)
        self.assertEqual(self.text("etc/text"), b"text\n" * 1000)
        source = f"oci:{tag}"
        for number, (to, *words) in enumerate((
                ("oci-archive:%s:one",), ("docker-archive:%s:a:1",),
                ("oci-archive:%s", "--dest-compress-format", "zstd", "--dest-compress"))):
            target = self.place / f"copy-{number}.tar"
            run("skopeo", *POLICY, "copy", "-q", *words, source, to % target)
            self.assertTrue(filecmp.cmp(want, self.built(target, f"of-{number}"), False), to)
        target = self.place / "dir"
        run("skopeo", *POLICY, "copy", "-q", source, f"dir:{target}")
        self.refused("a folder of skopeo's kind dir", target)

    def test_root_of_a_recipe(self):
        """The recipe has the tag, and builds the same again."""
        made = Layout(self.place / "layout")
        made.add(Image(self.base), "one")
        made.add(Image(self.base, layer(entry("etc/two"))), "two")
        archive = to_tar(made.write(), self.place / "root.tar")
        disk = self.built(archive, root_tag="two")
        recipe = disk.parent / "recipe.json"
        options = json.loads(recipe.read_text())["options"]
        self.assertEqual((options["rootTag"], options["rootFormat"]), ("two", "squashfs"))
        words = ["--input", f"root={archive}", "--input", f"kernel={self.bench.kernel}",
                 "--input", f"modules={self.bench.modules}",
                 "--input", f"early={self.bench.early}", "--input", f"stub={image.STUB}"]
        said = run(image.PROTOSTAR, "reproduce", disk.parent, "--recipe", recipe, *words)
        self.assertIn(b"bit-identical", said)


class Layers(ContainerTest):
    """What lies on what."""

    def files(self, *layers: bytes) -> dict[str, str]:
        return self.listing(self.built(self.layout(*layers)))

    def test_whiteouts(self):
        found = self.files(
            layer(folder("d"), entry("d/a", b"1"), entry("d/b", b"2"), folder("e"),
                  entry("e/a", b"3"), entry("f", b"4"), folder("g"), entry("g/a"), folder("h"),
                  entry("h/low", b"l")),
            # A whiteout is of layers below, wherever in its layer it stands.
            layer(entry("d/.wh.a"), entry("e/b", b"5"), entry("e/.wh..wh..opq"), entry(".wh.f"),
                  entry(".wh.g"), folder("h"), entry("h/high", b"h"), entry(".wh.h"),
                  entry(".wh.none"), entry("none/.wh.none")))
        self.assertEqual({n for n in found if re.match("[d-h](/|$)", n)},
                         {"d", "d/b", "e", "e/b", "h", "h/high"})

    def test_kinds_replace_each_other(self):
        found = self.files(
            layer(entry("a", b"file"), folder("b"), entry("b/in", b"in"), link("c", "etc"),
                  folder("d", mode=0o700), entry("d/in")),
            layer(folder("a"), entry("a/in", b"new"), entry("b", b"file"), folder("c"),
                  folder("d", mode=0o711, uid=5, gid=6)))
        self.assertEqual(found["a/in"].split()[0], "-rw-r--r--")
        self.assertEqual(found["b"], "-rw-r--r-- 0/0 4")
        self.assertTrue(found["c"].startswith("drwxr-xr-x"))
        self.assertTrue(found["d"].startswith("drwx--x--x 5/6"))
        self.assertIn("d/in", found)
        self.assertNotIn("b/in", found)

    def test_links_are_followed_inside(self):
        """What lies behind a link, and a link that would lead out of the image, stay in it."""
        found = self.files(
            layer(folder("usr/deep"), link("deep", "usr/deep"), link("out", "../../../../etc"),
                  link("top", "/etc")),
            layer(entry("deep/a", b"a"), entry("out/b", b"b"), entry("top/c", b"c"),
                  entry("new/folder/d", b"d"), entry("out/.wh.empty")))
        for name in ("usr/deep/a", "etc/b", "etc/c", "new/folder/d"):
            self.assertIn(name, found)
        self.assertEqual(found["deep"].split(" -> ")[1], "usr/deep")
        self.assertTrue(found["new/folder"].startswith("drwxr-xr-x 0/0"))
        self.assertNotIn("etc/empty", found)

    def test_hard_links(self):
        """They are one file until one of the names is replaced, across layers too."""
        self.files(layer(entry("a", b"one"), hard("b", "a"), hard("c", "./a")),
                   layer(entry(".wh.a"), hard("d", "/c"), entry("c", b"two"), hard("e", "d")))
        root = self.place / "root.img"
        for name, text in (("b", b"one"), ("c", b"two"), ("d", b"one"), ("e", b"one")):
            self.assertEqual(self.text(name), text)
        run("unsquashfs", "-q", "-n", "-d", self.place / "out-of", root, "b", "d", "e", "c")
        inodes = [(self.place / "out-of" / n).stat().st_ino for n in "bdec"]
        self.assertEqual(len(set(inodes)), 2)

    def test_attributes(self):
        long, wide = "n/" + "m" * 200, "l" * 180
        found = self.files(layer(
            entry("set", b"x", mode=0o4755, uid=12, gid=34), entry("large", uid=3_000_000),
            entry("null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
            entry("block", kind=tarfile.BLKTYPE, devmajor=8, devminor=1, mode=0o660),
            entry("pipe", kind=tarfile.FIFOTYPE), entry(long, b"long"), link("wide", wide),
            entry("caf\u00e9", b"name"), entry("time", mtime=12345),
            entry("cap", b"x", pax_headers={
                "SCHILY.xattr.security.capability": CAPABILITY.decode("latin1")})))
        self.assertEqual(found["set"], "-rwsr-xr-x 12/34 1")
        self.assertTrue(found[""].startswith("drwxr-xr-x 0/0"))
        self.assertTrue(found["large"].startswith("-rw-r--r-- 3000000/0"))
        self.assertRegex(found["null"], "^crw-rw-rw- 0/0 1, *3$")
        self.assertRegex(found["block"], "^brw-rw---- 0/0 8, *1$")
        self.assertTrue(found["pipe"].startswith("prw-r--r--"))
        self.assertEqual(self.text(long), b"long")
        self.assertEqual(found["wide"].split(" -> ")[1], wide)
        self.assertIn("caf\u00e9", found)

    def test_capabilities(self):
        if os.geteuid() != 0:
            self.skipTest("only root unpacks capabilities")
        self.files(layer(entry("cap", b"x", pax_headers={
            "SCHILY.xattr.security.capability": CAPABILITY.decode("latin1")})))
        run("unsquashfs", "-q", "-n", "-d", self.place / "out-of", self.place / "root.img", "cap")
        self.assertEqual(os.getxattr(self.place / "out-of" / "cap", "security.capability"),
                         CAPABILITY)

    def test_gnu_layers(self):
        self.files(layer(entry("x/" + "y" * 150, b"gnu"), link("z", "t" * 150),
                         form=tarfile.GNU_FORMAT))
        self.assertEqual(self.text("x/" + "y" * 150), b"gnu")

    def test_the_top_folder(self):
        found = self.files(layer(folder("./", mode=0o711)))
        self.assertTrue(found[""].startswith("drwx--x--x 0/0"))

    def test_order_does_not_count(self):
        """The same files from other layers, in another order, are the same image."""
        a, b = entry("a", b"1"), entry("b", b"2")
        one = self.built(self.layout(layer(a, b)))
        shutil.rmtree(self.place / "layout")
        other = self.built(self.layout(layer(b), layer(entry("c"), a), layer(entry(".wh.c"))), "o")
        self.assertTrue(filecmp.cmp(one, other, False))


class Choice(ContainerTest):
    """Which image of several."""

    def test_names(self):
        made = Layout(self.place / "layout")
        one, two = (Image(self.base, layer(entry(n))) for n in ("one", "two"))
        for picture, name in ((one, "one"), (two, "two"), (one, "uno")):
            made.add(picture, name)
        said = self.refused("--root-tag", made.write())
        for row in made.manifests[:2]:
            self.assertIn(row["digest"], said)
        want = self.listing(self.built(made.place, root_tag="two"))
        self.assertIn("two", want)
        for tag in ("one", "uno", made.manifests[0]["digest"]):
            self.assertIn("one", self.listing(self.built(made.place, root_tag=tag)))
        said = self.refused("is called as --root-tag says", made.place, root_tag="three")
        self.assertIn("uno", said)
        place = saved(self.place / "saved", [(one, ["a:1", "a:latest"]), (two, None)])
        said = self.refused("--root-tag", place)
        self.assertIn("a:1  a:latest", said)
        self.assertIn("one", self.listing(self.built(place, root_tag="a:latest")))
        self.assertIn("two", self.listing(self.built(place, root_tag=sha256(two.config)[7:]
                                                     + ".json")))
        self.refused("is called as --root-tag says", place, root_tag="a:2")
        self.refused("say --root " + str(place) + " --root-tag a", Path(f"{place}:a"))

    def test_platforms(self):
        made = Layout(self.place / "layout")
        arm = Image(self.base, architecture="arm64")
        made.add(arm, platform="linux/arm64/v8")
        made.add(Image(self.base, layer(entry("v1"))), platform="linux/amd64")
        made.add(Image(self.base, layer(entry("v3"))), platform="linux/amd64/v3")
        made.nest(3, annotations={"org.opencontainers.image.ref.name": "multi"})
        found = self.listing(self.built(made.write(), root_tag="multi"))
        self.assertIn("v1", found)
        (self.place / "arm").mkdir()
        other = Layout(self.place / "arm" / "layout")
        other.add(arm, platform="linux/arm64")
        self.assertIn("linux/arm64", self.refused("has no image for linux/amd64", other.write()))
        other.manifests.clear()
        other.add(arm)
        self.refused("is an image for linux/arm64, but the kernel is for linux/amd64",
                     other.write())
        other.add(Image(self.base, layer(entry("mine"))))
        self.assertIn("mine", self.listing(self.built(other.write())))

    def test_no_image(self):
        made = Layout(self.place / "layout")
        self.refused("has no image", made.write())
        made.add(Image(self.base), config=made.describe("application/vnd.cncf.helm.config.v1+json",
                                                        b"{}"))
        self.refused("is no container image", made.write())
        self.refused("--root-tag: ", self.bench.root, root_tag="x")


class Hostile(ContainerTest):
    def test_changed_blobs(self):
        """Every blob that is another one than its digest says, and every one that is missing."""
        for path in sorted((self.layout(layer(entry("x"))) / "blobs" / "sha256").iterdir()):
            good = path.read_bytes()
            for bad in (good[:-1], good + b" ", good[:-3] + b"?" + good[-2:]):
                path.write_bytes(bad)
                self.refused("size and digest", self.place / "layout")
            path.unlink()
            self.refused("the archive is not complete", self.place / "layout")
            path.write_bytes(good)
        self.built(self.place / "layout")

    def test_layers_of_another_config(self):
        other = Image(self.base, layer(entry("x")))
        forged = Image(self.base, layer(entry("y")))
        forged.config = other.config
        made = Layout(self.place / "layout")
        made.add(forged)
        self.refused("does not have the digest that the image's config names", made.write())
        self.refused("does not have the digest that the image's config names",
                     saved(self.place / "saved", [(forged, ["a:1"])]))
        fewer = Image(self.base)
        fewer.config = other.config
        self.refused("the image has 1 layers, and its config names 2",
                     saved(self.place / "fewer", [(fewer, ["a:1"])]))
        place = saved(self.place / "config", [(other, ["a:1"])])
        path = next(p for p in place.glob("*.json") if p.name != "manifest.json")
        path.write_bytes(path.read_bytes() + b" ")
        self.refused("does not have the digest that it is named by", place)

    def test_entries(self):
        """Each leads out of the image, or is nothing that a layer has."""
        cases = {
            "leads upwards": [entry("../x"), entry("a/../../x"), hard("x", "../etc/text"),
                              link("a/../b", "c")],
            "below a whiteout": [entry(".wh.a/b")],
            "a whiteout of no name": [entry(".wh."), entry("a/.wh.."), entry(".wh...")],
            "AUFS": [entry(".wh..wh.plnk"), entry(".wh..wh.aufs")],
            "not there": [hard("x", "nowhere/y"), hard("x", "etc/none")],
            "a hard link to a folder": [hard("x", "etc")],
            "is a file, not a folder": [entry("etc/text/x")],
            "more than 255 bytes": [entry("n" * 256)],
            "more than 4095 bytes": [entry("a/" * 2100 + "b"), link("x", "y" * 4096)],
            "links lead to links": [entry("loop/x")],
            "sparse": [entry("x", pax_headers={"GNU.sparse.major": "1"})],
            "a kind that layers do not": [entry("x", kind=b"D")],
            "a number that Linux does not": [entry("x", kind=tarfile.CHRTYPE, devmajor=5000)],
            "its owner is no number": [entry("x", uid=2 ** 32)],
            "extended tar header is malformed": [entry("x", pax_headers={"path": "a\0b"})],
            "nested deeper than 512": [entry("d/" * 600 + "x")],
            "larger than Linux takes": [entry("x", pax_headers={
                "SCHILY.xattr.user.x": "v" * 70000})],
            "the root of a layer": [entry("./", kind=tarfile.SYMTYPE, linkname="/")],
        }
        for says, entries in cases.items():
            for bad in entries:
                upwards = says == "leads upwards" and bad[0].type == tarfile.LNKTYPE
                self.refused("a path that cannot be" if upwards else says,
                             self.layout(layer(link("loop", "loop"), bad)))
                shutil.rmtree(self.place / "layout")

    def test_names_do_not_reach_the_terminal(self):
        said = self.refused("upwards", self.layout(layer(entry("../\x1b[31mred"))))
        self.assertNotIn("\x1b", said)

    def test_layers_that_are_none(self):
        made = Layout(self.place / "layout")
        made.add(Image(b"no tar file" * 100), packer="")
        self.refused("is no tar file", made.write())
        made.manifests.clear()
        made.add(Image(self.base[:len(self.base) // 1024 * 512 + 700]))
        self.refused("ends inside a member", made.write())
        made.manifests.clear()
        made.add(Image(self.base), layers=[made.describe(f"{OCI}.layer.v1.tar+encrypted", b"x")])
        self.refused("which is not a tar file", made.write())
        made.manifests.clear()
        made.add(Image())
        self.refused("an image without layers", made.write())

    def test_texts(self):
        made = Layout(self.place / "layout")
        made.add(Image(self.base))
        index = made.write() / "index.json"
        good = index.read_text()
        for bad, says in (("", "empty"), (good[:-4], ""),
                          (good.replace("sha256:", "md5:"), "sha256:"),
                          (good.replace("sha256:", "sha256:../../"), "sha256:"),
                          (good.replace('"size"', '"size": 1, "size"'), "two members"),
                          ("[" * 100, "nest"), ('{"manifests": {}}', "array"),
                          (" " * ((4 << 20) + 1), "larger than it may be")):
            index.write_text(bad)
            self.refused(says, made.place)
        index.write_text(good)
        (made.place / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
        self.refused("of a later version", made.place)

    def test_indexes_in_indexes(self):
        made = Layout(self.place / "layout")
        made.add(Image(self.base))
        for _ in range(4):
            made.nest(1)
        self.built(made.write())
        made.nest(1)
        self.refused("nested too deep", made.write())

    def test_archives(self):
        one = Image(self.base)
        place = saved(self.place / "saved", [(one, ["a:1"])])
        whole = to_tar(place, self.place / "whole.tar").read_bytes()
        cut = self.place / "cut.tar"
        cut.write_bytes(whole[:len(whole) // 2 // 512 * 512])
        self.refused("", cut)
        manifest = place / "manifest.json"
        good = manifest.read_text()
        manifest.write_text(good.replace('"Config": "', '"Config": "../../../../etc/'))
        self.refused("the archive is not complete", place)
        outside = self.place / "outside.tar"
        outside.write_bytes(self.base)
        manifest.write_text(good)
        data = next(place.glob("*.tar"))
        data.unlink()
        data.symlink_to("../outside.tar")
        self.refused("the archive is not complete", place)
        manifest.unlink()
        self.refused("before 1.10", place)


class Roots(ContainerTest):
    """What is in the image must boot, and what is no file is told."""

    def test_no_init(self):
        made = Layout(self.place / "layout")
        made.add(Image(self.base, layer(entry("usr/sbin/.wh.init"), entry(".wh.dev"))))
        said = self.refused("E412", made.write())
        self.assertIn("has no folder /dev", said)
        self.assertIn("a container image, and most have neither an init", said)

    def test_references(self):
        for word, says in (("docker://debian:12", "skopeo copy docker://debian:12"),
                           ("docker-daemon:a:1", "is a reference"),
                           ("oci:folder:tag", "give the path alone"),
                           ("debian", "docker save -o")):
            self.refused(says, Path(word) if "//" not in word else word)

    def test_only_root_makes_erofs(self):
        place = self.layout()
        if os.geteuid() != 0:
            self.refused("squashfs", place, root_format="erofs")
            return
        disk = self.built(place, root_format="erofs")
        run("fsck.erofs", self.cut(disk, 1, f"{self.place.name}/erofs.img"))

    def test_tools_are_needed(self):
        """Where zstd is missing, that is said."""
        place = self.layout(packer="zstd")
        tools = self.place / "tools"
        tools.mkdir()
        for name in ("mksquashfs", "veritysetup"):
            (tools / name).symlink_to(shutil.which(name, path=image.ENV["PATH"]))
        (tools / "zstd").write_text("#!/nonexistent\n")
        (tools / "zstd").chmod(0o755)
        result = subprocess.run(
            [image.PROTOSTAR, "build", *self.bench.words(root=place, out=self.place / "o")],
            env={"PATH": str(tools)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("apt-get install zstd", result.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    image.PROTOSTAR, image.STUB = (os.path.abspath(word) for word in sys.argv[1:])
    unittest.main(argv=sys.argv[:1])
