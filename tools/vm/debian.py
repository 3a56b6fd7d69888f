# SPDX-License-Identifier: GPL-2.0-or-later
"""
Debian's own packages for guests: the cloud kernel, and the files of root file systems.

Packages are fetched by apt with a private configuration, so that the system's own package state is
neither read nor changed; from the machine's own Debian sources, or from a mirror that is given.
Archives are kept in the cache, and what is there is used without asking the network.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Callable, Optional

from .paths import MissingError, cache, program

DEFAULT_SUITE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
APT_TIMEOUT = 1200


def _os_release() -> dict[str, str]:
    words = {}
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        words[key] = value.strip("\"'")
    return words


def _one_line_sources(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.strip())
        if match:
            options = dict(o.split("=", 1) for o in (match[1] or "").split() if "=" in o)
            components = match[4].partition("#")[0]
            found.append((match[2], match[3], components, options.get("signed-by", "")))
    return found


def _stanza_sources(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[key] = fields.get(key, "") + " " + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        signed = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                found.append((uri, suite, fields.get("components", ""),
                              signed if signed.startswith("/") else ""))
    return found


def _host_entries() -> tuple[str, list[tuple[str, str, str, str]]]:
    """This machine's suite, and all its apt sources: URI, suite, components, keyring."""
    release = _os_release()
    suite = release.get("VERSION_CODENAME", "")
    if release.get("ID") != "debian" or not suite:
        return "", []
    files = [Path("/etc/apt/sources.list")]
    files += sorted(Path("/etc/apt/sources.list.d").glob("*"))
    entries = []
    for path in files:
        if path.suffix == ".list" and path.is_file():
            entries += _one_line_sources(path.read_text())
        elif path.suffix == ".sources":
            entries += _stanza_sources(path.read_text())
    return suite, [entry for entry in entries if "main" in entry[2].split()]


def host_sources() -> tuple[str, list[str]]:
    """This machine's suite and its Debian sources of that suite (main only), as apt lines."""
    suite, entries = _host_entries()
    wanted = (suite, f"{suite}-updates", f"{suite}-security")
    return suite, [_apt_line(uri, entry_suite, signed)
                   for uri, entry_suite, _, signed in entries if entry_suite in wanted]


def _other_suite(suite: str) -> list[str]:
    """Another suite of the archive that this machine's own suite comes from, as apt lines."""
    own, entries = _host_entries()
    mirrors = dict.fromkeys(uri for uri, entry_suite, _, _ in entries if entry_suite == own)
    return [_apt_line(uri, suite, KEYRING) for uri in mirrors]


def _apt_line(uri: str, suite: str, signed: str) -> str:
    return f"deb {f'[signed-by={signed}] ' if signed else ''}{uri} {suite} main"


class Archive:
    """One suite of a Debian archive and the packages fetched from it so far."""

    def __init__(self, mirror: Optional[str] = None, suite: Optional[str] = None,
                 say: Callable[[str], None] = print):
        host_suite, lines = host_sources()
        self.suite = suite or host_suite or DEFAULT_SUITE
        self.is_host = self.suite == host_suite
        if mirror:
            lines = [_apt_line(mirror, self.suite, KEYRING)]
        elif not self.is_host:
            lines = _other_suite(self.suite)
        self.lines = lines
        self.folder = cache() / "debian" / self.suite
        self._say = say

    def _options(self) -> list[str]:
        state = self.folder / "apt"
        for part in ("lists/partial", "cache/archives/partial", "empty"):
            (state / part).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        sources = state / "sources.list"
        sources.write_text("\n".join(self.lines) + "\n")
        settings = {
            "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": state / "empty",
            "Dir::Etc::preferencesparts": state / "empty",
            "Dir::State": state, "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status", "Dir::Cache": state / "cache",
            "APT::Install-Recommends": "false", "APT::Architecture": "amd64",
            "APT::Architectures": "amd64", "pkgCacheGen::ForceEssential": ",",
            "APT::Sandbox::User": "root", "Debug::NoLocking": "true",
            "Acquire::Languages": "none", "Acquire::Retries": "3",
        }
        words = []
        for key, value in settings.items():
            words += ["-o", f"{key}={value}"]
        return words

    def _apt(self, tool: str, *words: str) -> str:
        result = subprocess.run(
            [program(tool), "-q", *self._options(), *words], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=APT_TIMEOUT, check=False, env={**os.environ, "LC_ALL": "C"})
        if result.returncode != 0:
            raise MissingError(
                f"{tool} {words[0]} failed (no network?): {result.stderr.strip()[-600:]}")
        return result.stdout

    def update(self) -> None:
        if not self.lines:
            raise MissingError(
                f"this machine has no apt sources for Debian {self.suite}: give --mirror URL")
        self._say(f"fetching Debian {self.suite}'s package lists")
        self._apt("apt-get", "update", "--error-on=any")

    def _kept(self, name: str, key: list[str], make: Callable[[], list[str]]) -> list[Path]:
        """The archives that make() fetches; asked only when they are not all there."""
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
        record = self.folder / f"{name}-{digest}.json"
        kept = self._recorded(record)
        if kept:
            return kept
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Another process may have fetched it while this one waited: apt names no archive then.
            kept = self._recorded(record)
            if kept:
                return kept
            self.update()
            names = make()
            if not names:
                raise MissingError(f"apt names no archive for {' '.join(key)}: "
                                   f"remove {self.folder} and try again")
            record.write_text(json.dumps(names))
        return [self.folder / n for n in names]

    def _recorded(self, record: Path) -> list[Path]:
        try:
            paths = [self.folder / p for p in json.loads(record.read_text())]
        except (OSError, ValueError):
            return []
        return paths if all(p.is_file() for p in paths) else []

    def with_dependencies(self, packages: list[str]) -> list[Path]:
        """The .deb files of the packages and of all they depend on, without recommendations."""
        def fetch() -> list[str]:
            self._say(f"fetching {' '.join(packages)} and what they depend on")
            # apt leaves out of its plan what its cache holds, so the plan is made with another one.
            bare = self.folder / "apt" / "bare"
            (bare / "partial").mkdir(parents=True, exist_ok=True)
            plan = self._apt("apt-get", "install", "--print-uris", "-y", "-o",
                             f"Dir::Cache::archives={bare}", *packages)
            names = re.findall(r"^'[^']+' (\S+\.deb) ", plan, re.MULTILINE)
            self._apt("apt-get", "install", "--download-only", "-y", *packages)
            return [f"apt/cache/archives/{n}" for n in names]
        return self._kept("packages", packages, fetch)

    def kernel(self, flavour: str = "cloud-amd64") -> Path:
        """The .deb file of Debian's current kernel; flavour "amd64": the one for all machines."""
        meta_package = f"linux-image-{flavour}"

        def fetch() -> list[str]:
            meta = self._apt("apt-cache", "depends", meta_package)
            match = re.search(rf"Depends: (linux-image-[0-9]\S+-{flavour})", meta)
            if not match:
                raise MissingError(f"{meta_package} names no kernel package")
            self._say(f"fetching {match[1]}")
            plan = self._apt("apt-get", "download", "--print-uris", match[1])
            self._apt("apt-get", "download", match[1])
            return re.findall(r"^'[^']+' (\S+\.deb) ", plan, re.MULTILINE)
        return self._kept("kernel", [meta_package], fetch)[0]

    def package(self, name: str) -> Path:
        """The .deb file of one package, without what it depends on."""
        def fetch() -> list[str]:
            self._say(f"fetching {name} of Debian {self.suite}")
            plan = self._apt("apt-get", "download", "--print-uris", name)
            self._apt("apt-get", "download", name)
            return re.findall(r"^'[^']+' (\S+\.deb) ", plan, re.MULTILINE)
        return self._kept("package", [name], fetch)[0]


def unpack(archive: Path, folder: Path) -> None:
    """Extracts a .deb into a folder, following links like /lib; owners become the caller's."""
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen([program("dpkg-deb"), "--fsys-tarfile", str(archive)],
                          stdout=subprocess.PIPE) as package:
        subprocess.run(["tar", "-x", "--no-same-owner", "--keep-directory-symlink", "-C",
                        str(folder)], stdin=package.stdout, check=True, timeout=300)
    if package.returncode != 0:
        raise RuntimeError(f"cannot read {archive}")
