# SPDX-License-Identifier: GPL-2.0-or-later
"""
Makes container images byte by byte, right and wrong ones, as OCI layouts and as the archives that
`docker save` and `podman save` write. What other people's programs make: container_images.py.
"""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Optional

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
PACKERS = {"": lambda d: d, "gzip": lambda d: gzip.compress(d, mtime=0),
           "zstd": lambda d: subprocess.run(["zstd", "-c", "-q"], input=d, check=True, timeout=60,
                                            stdout=subprocess.PIPE).stdout}


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields):
    """A member of a layer; fields: mode, uid, gid, linkname, devmajor, devminor, pax_headers."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode = kind, len(data), 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def folder(name: str, **fields):
    return entry(name, kind=tarfile.DIRTYPE, **fields)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE):
    return entry(name, kind=kind, linkname=target)


def hard(name: str, target: str):
    return link(name, target, tarfile.LNKTYPE)


def layer(*entries, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def of_folder(root: Path, owner: int = 0) -> list:
    """All of a folder as entries."""
    found = []
    for path in [root, *sorted(root.rglob("*"))]:
        name = str(path.relative_to(root))
        mode = path.lstat().st_mode & 0o7777
        if path.is_symlink():
            found.append(link(name, str(path.readlink())))
        elif path.is_dir():
            found.append(folder(name, mode=mode))
        else:
            found.append(entry(name, path.read_bytes(), mode=mode, uid=owner, gid=owner))
    return found


def to_tar(root: Path, out: Path) -> Path:
    subprocess.run(["tar", "-C", str(root), "-cf", str(out), "."], check=True, timeout=60)
    return out


class Image:
    """Layers and a config; forge replaces members of the config."""

    def __init__(self, *layers: bytes, architecture: str = "amd64", **forge):
        self.layers = list(layers)
        config = {"architecture": architecture, "os": "linux", "config": {},
                  "rootfs": {"type": "layers", "diff_ids": [sha256(d) for d in layers]},
                  "history": [{"created_by": "a test", "empty_layer": False}]}
        config.update(forge)
        self.config = json.dumps(config).encode()


class Layout:
    """A folder with an OCI image layout."""

    def __init__(self, place: Path, version: str = "1.0.0"):
        self.place = place
        self.manifests: list[dict] = []
        (place / "blobs" / "sha256").mkdir(parents=True)
        (place / "oci-layout").write_text(json.dumps({"imageLayoutVersion": version}))

    def blob(self, data: bytes) -> Path:
        path = self.place / "blobs" / "sha256" / sha256(data).split(":")[1]
        path.write_bytes(data)
        return path

    def describe(self, kind: str, data: bytes, **more) -> dict:
        self.blob(data)
        return {"mediaType": kind, "digest": sha256(data), "size": len(data), **more}

    def manifest(self, image: Image, packer: str = "gzip", style: str = OCI, **forge) -> bytes:
        if style == OCI:
            kinds = f"{OCI}.config.v1+json", f"{OCI}.layer.v1.tar" + (packer and f"+{packer}")
        else:
            kinds = (f"{DOCKER}.container.image.v1+json",
                     f"{DOCKER}.image.rootfs.diff.tar" + (packer and f".{packer}"))
        text = {"schemaVersion": 2, "config": self.describe(kinds[0], image.config),
                "layers": [self.describe(kinds[1], PACKERS[packer](d)) for d in image.layers]}
        text.update(forge)
        return json.dumps(text).encode()

    def add(self, image: Image, name: Optional[str] = None, platform: Optional[str] = None,
            packer: str = "gzip", style: str = OCI, **forge) -> dict:
        kind = f"{OCI}.manifest.v1+json" if style == OCI \
            else f"{DOCKER}.distribution.manifest.v2+json"
        found = self.describe(kind, self.manifest(image, packer, style, **forge))
        if name:
            found["annotations"] = {"org.opencontainers.image.ref.name": name}
        if platform:
            words = platform.split("/")
            found["platform"] = dict(zip(("os", "architecture", "variant"), words))
        self.manifests.append(found)
        return found

    def nest(self, count: int, **more) -> None:
        """Puts the last count manifests into an index of their own."""
        text = self.index(self.manifests[-count:])
        kind = f"{OCI}.index.v1+json"
        self.manifests[-count:] = [self.describe(kind, text, **more)]

    @staticmethod
    def index(manifests: list) -> bytes:
        return json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()

    def write(self) -> Path:
        (self.place / "index.json").write_bytes(self.index(self.manifests))
        return self.place


def saved(place: Path, images: list, old: bool = False) -> Path:
    """docker save's folder; images: (image, tags). old: as Docker before 25, a folder a layer."""
    place.mkdir()
    rows, seen = [], {}
    for image, tags in images:
        config = hashlib.sha256(image.config).hexdigest() + ".json"
        (place / config).write_bytes(image.config)
        names = []
        for number, data in enumerate(image.layers):
            name = hashlib.sha256(data + bytes([number])).hexdigest()
            if not old:
                names.append(f"{sha256(data).split(':')[1]}.tar")
                (place / names[-1]).write_bytes(data)
                continue
            names.append(f"{name}/layer.tar")
            (place / name).mkdir(exist_ok=True)
            (place / name / "VERSION").write_text("1.0")
            path = place / names[-1]
            if sha256(data) in seen and not path.exists():
                path.symlink_to(f"../{seen[sha256(data)]}")
            else:
                path.write_bytes(data)
            seen[sha256(data)] = names[-1]
        rows.append({"Config": config, "RepoTags": tags, "Layers": names})
    (place / "manifest.json").write_text(json.dumps(rows))
    (place / "repositories").write_text("{}")
    return place
