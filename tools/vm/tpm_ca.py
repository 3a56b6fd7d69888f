# SPDX-License-Identifier: GPL-2.0-or-later
"""
The maker of software TPMs: swtpm's local CA with its files in one folder, so that a machine's TPM
has a certificate of its endorsement keys (RSA-2048 and P-384), and nothing outside of it is used.
"""

import os
import shutil
import subprocess
from pathlib import Path

from .paths import program

ROOT, ISSUER = "swtpm-localca-rootca-cert.pem", "issuercert.pem"  # as swtpm_localca names them
SECONDS = 600  # it makes RSA keys of 3072 bits, and other machines may hold its lock


class TpmCa:
    """
    create() once; then any number of Tpm.create(), also at the same time: swtpm_localca has a lock.
    A second CA in another folder is a stranger to the first. The folder must not move.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()

    @property
    def roots(self) -> Path:
        """For a policy's ek_certificate: the root and the issuer below it, in one PEM file."""
        return self.folder / "ek-roots.pem"

    @property
    def setup(self) -> Path:
        """What swtpm_setup takes as --config."""
        return self.folder / "setup.conf"

    def create(self) -> "TpmCa":
        """Keys and certificates of root and issuer."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        config = self.folder / "localca.conf"
        options = self.folder / "localca.options"
        config.write_text(f"statedir = {self.folder}\n"
                          f"signingkey = {self.folder}/signkey.pem\n"
                          f"issuercert = {self.folder}/{ISSUER}\n"
                          f"certserial = {self.folder}/certserial\n")
        options.write_text("--platform-manufacturer protostar\n--platform-version 1\n"
                           "--platform-model test\n")
        self.setup.write_text(f"create_certs_tool = {program('swtpm_localca')}\n"
                              f"create_certs_tool_config = {config}\n"
                              f"create_certs_tool_options = {options}\n"
                              "active_pcr_banks = sha256\n")
        self._first_certificate(config, options)
        self.roots.write_bytes((self.folder / ROOT).read_bytes() +
                               (self.folder / ISSUER).read_bytes())
        return self

    def _first_certificate(self, config: Path, options: Path) -> None:
        """The tool makes the CA with the first certificate that it is asked for: of no key."""
        program("certtool")
        unused = self.folder / "unused"
        unused.mkdir()
        done = subprocess.run(
            [program("swtpm_localca"), "--type", "ek", "--ek", "c0" + os.urandom(254).hex() + "01",
             "--dir", str(unused), "--vmid", "none", "--tpm2", "--tpm-spec-family", "2.0",
             "--tpm-spec-level", "0", "--tpm-spec-revision", "164", "--tpm-manufacturer",
             "id:00001014", "--tpm-model", "swtpm", "--tpm-version", "id:20191023",
             "--configfile", str(config), "--optsfile", str(options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=SECONDS, check=False)
        if done.returncode:
            raise RuntimeError(f"swtpm_localca made no CA: {done.stdout.decode(errors='replace')}")
        shutil.rmtree(unused)
