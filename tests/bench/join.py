# SPDX-License-Identifier: GPL-2.0-or-later
"""The join service: what a join costs it and the node, beside a bare TLS server of OpenSSL."""

import hashlib
import subprocess
import time
from pathlib import Path

from setting import FOLDER, BenchError, Setting, say, story
from table import Row, show
from vm.paths import REPO, program

PEER = "openssl s_server"
# Of a real boot: firmware with its Secure Boot variables, stub, kernel and initrd.
LOG = REPO / "tests" / "unit" / "data" / "eventlogs" / "s252.evlog"
HEADLINES = (0, 2, 4, 8, 13, 14)  # rows for the summary
GO = "a Go service of the same job, a given figure"
GO_FIRST_MS, GO_REJOIN_MS, GO_OPEN_MB = 2.2, 1.5, 158.0  # not measured here
NOTE = ("One connection after the other, one thread at each end. Policy demands an endorsement "
        "key's certificate, checked up to its maker's root over a CA between them: P-256 keys, and "
        "in the rows that say so RSA-2048 below RSA-3072. A join's quote is made by a "
        "software TPM on the same machine and counts as the node's; the service writes its record "
        "and its audit line to the disk before it answers. \"Server's CPU\" is processor time of "
        "the serving process.")


def _certificate(folder: Path) -> tuple[Path, Path, str]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=peer", "-keyout", str(key), "-out",
         str(certificate)], check=True, timeout=30, stderr=subprocess.DEVNULL)
    spki = subprocess.run([program("openssl"), "pkey", "-in", str(key), "-pubout", "-outform",
                           "DER"], check=True, timeout=30, stdout=subprocess.PIPE).stdout
    return key, certificate, hashlib.sha256(spki).hexdigest()


def _start_peer(folder: Path) -> tuple[subprocess.Popen, int, str]:
    """The join protocol's TLS profile, a client certificate asked for; then nothing."""
    key, certificate, pin = _certificate(folder)
    port = story.free_port()
    log = open(folder / "s_server.log", "wb")
    peer = subprocess.Popen(
        [program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-key", str(key), "-cert",
         str(certificate), "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", "-named_curve",
         "P-256", "-alpn", "protostar/1", "-Verify", "1", "-no_ticket", "-no_cache", "-www",
         "-quiet"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    log.close()
    time.sleep(0.5)
    if peer.poll() is not None:
        raise BenchError(f"openssl s_server did not start: see {folder / 's_server.log'}")
    return peer, port, pin


def _samples(setting: Setting, folder: Path) -> dict[str, list[float]]:
    peer, port, pin = _start_peer(folder)
    try:
        said = subprocess.run(
            [str(word) for word in (
                setting.program("bench_join"), setting.product.find("protostar"), LOG,
                setting.program("libstopped_clock.so"), setting.rounds, port, peer.pid, pin)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            timeout=120 + 120 * setting.rounds, check=True).stdout
    finally:
        peer.kill()
        peer.wait()
    found: dict[str, list[float]] = {}
    for line in said.splitlines():
        name, value = line.split()
        found.setdefault(name, []).append(float(value))
    return found


def _given(name: str, unit: str, own: list[float], peer: float) -> Row:
    return Row(name, unit, GO, own, [peer] * len(own))


def run(setting: Setting) -> list[Row]:
    say(f"join: {setting.rounds} rounds")
    folder = FOLDER / "join"
    folder.mkdir(parents=True, exist_ok=True)
    found = _samples(setting, folder)
    peer_cpu, peer_wall = found["peer.server"], found["peer.wall"]
    rows = [
        Row("TLS handshake: server's CPU", "ms", PEER, found["handshake.server"], peer_cpu),
        Row("TLS handshake: latency", "ms", PEER, found["handshake.wall"], peer_wall),
        Row("first join: server's CPU", "ms", f"handshake of {PEER}", found["first.server"],
            peer_cpu),
        _given("first join: server's CPU", "ms", found["first.server"], GO_FIRST_MS),
        Row("rejoin: server's CPU", "ms", f"handshake of {PEER}", found["rejoin.server"], peer_cpu),
        _given("rejoin: server's CPU", "ms", found["rejoin.server"], GO_REJOIN_MS),
        Row("first join, RSA keys: server's CPU", "ms", f"handshake of {PEER}",
            found["first-rsa.server"], peer_cpu),
        Row("rejoin, RSA keys: server's CPU", "ms", f"handshake of {PEER}",
            found["rejoin-rsa.server"], peer_cpu),
        Row("rejoin: latency, connect to ACK", "ms", f"handshake of {PEER}", found["rejoin.wall"],
            peer_wall),
        Row("rejoin: of it the node's TPM", "ms", "", found["rejoin.tpm"]),
        Row("rejoins of one node, one after the other", "a second", "",
            [1000 / ms for ms in found["rejoin.wall"]]),
        Row("rejoins that one core can serve, by CPU", "a second", "",
            [1000 / ms for ms in found["rejoin.server"]]),
        Row("first join: latency, with the EK proven", "ms", "own rejoin", found["first.wall"],
            found["rejoin.wall"]),
        Row("memory of a connection that stalls in its ClientHello (1,000)", "KiB",
            "OpenSSL's own structures, no sockets", found["idle"], found["idle-peer"]),
        _given("memory of the service with 1,000 open connections", "MB", found["open"],
               GO_OPEN_MB),
    ]
    show("join: the service on loopback", rows, NOTE)
    return [rows[i] for i in HEADLINES]
