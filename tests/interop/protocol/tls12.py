# SPDX-License-Identifier: GPL-2.0-or-later
"""
TLS 1.2 as PROTOCOL.md section 1 wants it, from the client's side: one suite, one group, a client
certificate, ALPN. Everything a test may want to do wrong can be done wrong: what is offered, every
message of the last flight, and where records begin and end.
"""

import hashlib
import hmac
import os
import socket
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import p256

SUITE = 0xC02C
SECP256R1 = 23
ECDSA_SHA256 = 0x0403
ALPN = b"protostar/1"

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE = 1, 2, 11, 12
CERTIFICATE_REQUEST, HELLO_DONE, VERIFY, CLIENT_KEY_EXCHANGE, FINISHED = 13, 14, 15, 16, 20
CLOSE_NOTIFY = b"\1\0"

WAIT_S = 60  # far above every limit of the protocol: who waits so long has hung


class Closed(Exception):
    """The service ended the connection; `alert` is its last alert, if it sent one."""

    def __init__(self, alert: bytes):
        super().__init__(f"closed by the service, alert {alert.hex() or 'none'}")
        self.alert = alert


class Broken(Exception):
    """The service broke the protocol."""


def vector(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width, "big") + data


def extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + vector(data, 2)


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(body, 3)


def prf(secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 section 5, with the suite's hash."""
    out, a, seed = b"", label + seed, label + seed
    while len(out) < length:
        a = hmac.new(secret, a, "sha384").digest()
        out += hmac.new(secret, a + seed, "sha384").digest()
    return out[:length]


class Offer:
    """What ClientHello says; each part can be changed."""

    def __init__(self, **changes):
        self.version = 0x0303
        self.session_id = b""
        self.suites = [SUITE]
        self.compression = b"\0"
        self.groups = [SECP256R1]
        self.signatures = [ECDSA_SHA256]
        self.protocols = [ALPN]
        self.more = b""  # further extensions
        self.__dict__.update(changes)

    def extensions(self) -> bytes:
        def shorts(values):
            return vector(b"".join(struct.pack(">H", v) for v in values), 2)
        out = extension(10, shorts(self.groups)) + extension(11, vector(b"\0", 1))
        out += extension(13, shorts(self.signatures)) + extension(0xFF01, b"\0")
        if self.protocols:
            out += extension(16, vector(b"".join(vector(p, 1) for p in self.protocols), 2))
        return out + self.more

    def body(self, random: bytes) -> bytes:
        suites = b"".join(struct.pack(">H", s) for s in self.suites)
        return (struct.pack(">H", self.version) + random + vector(self.session_id, 1) +
                vector(suites, 2) + vector(self.compression, 1) + vector(self.extensions(), 2))


class Direction:
    """One way of the record protection (RFC 5288)."""

    def __init__(self, key: bytes, salt: bytes):
        self.aead, self.salt, self.sequence = AESGCM(key), salt, 0

    def _nonce_and_data(self, explicit: bytes, kind: int, length: int):
        data = struct.pack(">QBHH", self.sequence, kind, 0x0303, length)
        self.sequence += 1
        return self.salt + explicit, data

    def seal(self, kind: int, plain: bytes) -> bytes:
        explicit = struct.pack(">Q", self.sequence)
        nonce, data = self._nonce_and_data(explicit, kind, len(plain))
        return explicit + self.aead.encrypt(nonce, plain, data)

    def open(self, kind: int, payload: bytes) -> bytes:
        if len(payload) < 24:
            raise Broken("a protected record is too short")
        nonce, data = self._nonce_and_data(payload[:8], kind, len(payload) - 24)
        try:
            return self.aead.decrypt(nonce, payload[8:], data)
        except InvalidTag as error:
            raise Broken("a record does not open") from error


class Tls:
    """
    One connection. shake() does the whole handshake; hello(), flight() and finish() do it in steps.
    Afterwards: th, export(), send(), receive(), own_spki, peer_spki.
    """

    def __init__(self, connection: socket.socket, key, certificate: bytes, offer=None):
        self.socket = connection
        self.socket.settimeout(WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key, self.chain, self.offer = key, [certificate], offer or Offer()
        self.random = os.urandom(32)
        self.sending = self.receiving = None
        self.transcript = b""
        self.pending, self.data = b"", b""  # handshake bytes and application data not yet taken
        self.alert = b""
        self.server_hello = b""
        self.master = self.server_random = self.th = b""
        self.own_spki, self.peer_spki = p256.spki(p256.point(key)), b""

    # Records.

    def record(self, kind: int, plain: bytes) -> bytes:
        payload = self.sending.seal(kind, plain) if self.sending else plain
        return struct.pack(">BHH", kind, 0x0303, len(payload)) + payload

    def records(self, kind: int, plain: bytes, each: int = 16384) -> bytes:
        """As many records as it takes, each with `each` bytes at most; one when there are none."""
        cuts = range(0, len(plain), each) if plain else [0]
        return b"".join(self.record(kind, plain[i:i + each]) for i in cuts)

    def raw(self, data: bytes):
        """Sends bytes as they are; that the other side is gone shows when something is read."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _take(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            try:
                got = self.socket.recv(count - len(out))
            except ConnectionResetError:
                got = b""
            if not got:
                raise Closed(self.alert)
            out += got
        return out

    def _read_record(self) -> tuple[int, bytes]:
        kind, version, length = struct.unpack(">BHH", self._take(5))
        # An alert about the version offered may come in a record of that version.
        if (version != 0x0303 and kind != ALERT) or length > 16384 + 24:
            raise Broken("a record has a wrong version or length")
        payload = self._take(length)
        if self.receiving and kind != CHANGE_CIPHER:
            payload = self.receiving.open(kind, payload)
        return kind, payload

    def _pull(self, wanted: int) -> bytes:
        """The contents of the next record of the kind wanted; alerts end the connection."""
        kind, payload = self._read_record()
        if kind == ALERT:
            self.alert = payload
            raise Closed(self.alert)
        if kind != wanted:
            raise Broken(f"a record of type {kind} where {wanted} was due")
        return payload

    # Handshake.

    def _message(self, wanted: int) -> bytes:
        while len(self.pending) < 4 or \
                len(self.pending) < 4 + int.from_bytes(self.pending[1:4], "big"):
            self.pending += self._pull(HANDSHAKE)
        end = 4 + int.from_bytes(self.pending[1:4], "big")
        whole, self.pending = self.pending[:end], self.pending[end:]
        if whole[0] != wanted:
            raise Broken(f"handshake message {whole[0]} where {wanted} was due")
        self.before, self.transcript = self.transcript, self.transcript + whole
        return whole[4:]

    def hello(self, each: int = 16384):
        """ClientHello in records of `each` bytes, and the service's flight."""
        hello = message(CLIENT_HELLO, self.offer.body(self.random))
        self.transcript += hello
        self.raw(self.records(HANDSHAKE, hello, each))
        self._read_server_hello(self._message(SERVER_HELLO))
        self._read_certificate(self._message(CERTIFICATE))
        self._read_key_exchange(self._message(KEY_EXCHANGE))
        request = self._message(CERTIFICATE_REQUEST)
        if 64 not in request[1:1 + request[0]]:
            raise Broken("the service does not ask for an ECDSA certificate")
        self._message(HELLO_DONE)

    def _read_server_hello(self, body: bytes):
        self.server_hello = body
        self.server_random = body[2:34]
        rest = body[35 + body[34]:]
        if body[:2] != b"\3\3" or rest[:3] != struct.pack(">HB", SUITE, 0):
            raise Broken("ServerHello has another version, suite or compression")
        protocol = extension(16, vector(vector(ALPN, 1), 2))
        if protocol not in rest[5:]:
            raise Broken("ServerHello does not choose protostar/1")

    def _read_certificate(self, body: bytes):
        size = int.from_bytes(body[3:6], "big")
        certificate = body[6:6 + size]
        if int.from_bytes(body[:3], "big") != size + 3 or len(body) != size + 6 or size > 4096:
            raise Broken("not one certificate of at most 4096 bytes")
        at = certificate.find(p256.SPKI_HEAD)
        self.peer_spki = certificate[at:at + p256.SPKI_LEN]

    def _read_key_exchange(self, body: bytes):
        if body[:4] != struct.pack(">BHB", 3, SECP256R1, 65):
            raise Broken("another group than secp256r1")
        params, rest = body[:69], body[69:]
        algorithm, size = struct.unpack(">HH", rest[:4])
        if algorithm != ECDSA_SHA256 or len(rest) != 4 + size:
            raise Broken("another signature than ecdsa_secp256r1_sha256")
        try:
            p256.public(self.peer_spki[-65:]).verify(
                rest[4:], self.random + self.server_random + params, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Broken("the service does not prove its key") from error
        self.peer_point = params[4:]

    def flight(self, **changes) -> list[bytes]:
        """
        Certificate, ClientKeyExchange, CertificateVerify. `changes` replaces one of them by name
        (certificate, exchange, verify): other bytes of the message's body, or None for none.
        """
        own = ec.generate_private_key(ec.SECP256R1())
        self.premaster = p256.agree(own, self.peer_point)
        chain = b"".join(vector(c, 3) for c in self.chain)
        out = [self._step(CERTIFICATE, changes.get("certificate", vector(chain, 3))),
               self._step(CLIENT_KEY_EXCHANGE,
                          changes.get("exchange", vector(p256.point(own), 1)))]
        signature = self.key.sign(self.transcript, ec.ECDSA(hashes.SHA256())) \
            if isinstance(self.key, ec.EllipticCurvePrivateKey) else b""
        signed = struct.pack(">H", ECDSA_SHA256) + vector(signature, 2)
        out.append(self._step(VERIFY, changes.get("verify", signed)))
        self._keys()
        return [m for m in out if m]

    def _step(self, kind: int, body) -> bytes:
        step = b"" if body is None else message(kind, body)
        self.transcript += step
        return step

    def _keys(self):
        self.master = prf(self.premaster, b"master secret", self.random + self.server_random, 48)
        block = prf(self.master, b"key expansion", self.server_random + self.random, 72)
        self.client_way = Direction(block[:32], block[64:68])
        self.server_way = Direction(block[32:64], block[68:72])

    def finished(self, wrong: bool = False) -> bytes:
        """ChangeCipherSpec and Finished as records; the sending side is protected from here."""
        out = self.record(CHANGE_CIPHER, b"\1")
        digest = hashlib.sha384(self.transcript).digest()
        verify = prf(self.master, b"client finished", digest, 12)
        self.sending = self.client_way
        done = message(FINISHED, verify[:-1] + bytes([verify[-1] ^ wrong]))
        self.transcript += done
        return out + self.record(HANDSHAKE, done)

    def last_flight(self, records: int = 3, **changes) -> bytes:
        """The whole last flight, its three messages cut into all but two of the records."""
        plain = b"".join(self.flight(**changes))
        parts = records - 2
        cuts = [len(plain) * i // parts for i in range(parts + 1)]
        out = b"".join(self.record(HANDSHAKE, plain[a:b]) for a, b in zip(cuts, cuts[1:]))
        return out + self.finished()

    def finish(self):
        """The service's ChangeCipherSpec and Finished."""
        if self._pull(CHANGE_CIPHER) != b"\1":
            raise Broken("a malformed ChangeCipherSpec")
        self.receiving = self.server_way
        digest = hashlib.sha384(self.transcript).digest()
        if self._message(FINISHED) != prf(self.master, b"server finished", digest, 12):
            raise Broken("the service's Finished is not that of this handshake")
        self.th = hashlib.sha256(self.transcript).digest()

    def shake(self):
        self.hello()
        self.raw(self.last_flight())
        self.finish()

    # Application data.

    def export(self, label: bytes, context: bytes, length: int) -> bytes:
        """RFC 5705, with a context."""
        seed = self.random + self.server_random + vector(context, 2)
        return prf(self.master, label, seed, length)

    def send(self, data: bytes, each: int = 16384):
        self.raw(self.records(DATA, data, each))

    def receive(self, count: int) -> bytes:
        while len(self.data) < count:
            self.data += self._pull(DATA)
        out, self.data = self.data[:count], self.data[count:]
        return out

    def end(self) -> bytes:
        """Reads to the end and gives the alert that was the last; Broken when data comes."""
        try:
            while True:
                data = self._pull(DATA)
                if data or self.data:
                    raise Broken(f"{len(data)} bytes where nothing was due")
        except Closed as closed:
            return closed.alert

    def close(self):
        try:
            if self.sending:
                self.raw(self.record(ALERT, CLOSE_NOTIFY))
        finally:
            self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
