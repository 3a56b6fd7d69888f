# SPDX-License-Identifier: GPL-2.0-or-later
"""
ML-KEM-768, written from FIPS 203 alone: slow, not in constant time, and another implementation than
the one that nodes and services have. Numbers in brackets are those of its algorithms.
"""

import hashlib

Q, K, N = 3329, 3, 256
DU, DV = 10, 4
PUBLIC, CIPHERTEXT = 1184, 1088


def bit_reverse(i: int) -> int:
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, bit_reverse(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * bit_reverse(i) + 1, Q) for i in range(128)]


def encode(values, width: int) -> bytes:
    """[5]"""
    number = sum(value << (width * i) for i, value in enumerate(values))
    return number.to_bytes(32 * width, "little")


def decode(data: bytes, width: int) -> list[int]:
    """[6]; of 12 bits modulo q"""
    number, modulus = int.from_bytes(data, "little"), Q if width == 12 else 1 << width
    return [(number >> (width * i) & ((1 << width) - 1)) % modulus for i in range(N)]


def compress(values, width: int) -> list[int]:
    return [(2 * (value << width) + Q) // (2 * Q) % (1 << width) for value in values]


def decompress(values, width: int) -> list[int]:
    return [(2 * value * Q + (1 << width)) >> (width + 1) for value in values]


def sample_ntt(seed: bytes) -> list[int]:
    """[7]"""
    stream, out = hashlib.shake_128(seed).digest(3 * 1024), []
    for i in range(0, len(stream), 3):
        a, b, c = stream[i:i + 3]
        out += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
    return out[:N]


def sample_cbd(seed: bytes, n: int) -> list[int]:
    """[8], eta 2, of PRF(seed, n)"""
    number = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    bits = [number >> i & 1 for i in range(4 * N)]
    return [(bits[4 * i] + bits[4 * i + 1] - bits[4 * i + 2] - bits[4 * i + 3]) % Q
            for i in range(N)]


def ntt(f) -> list[int]:
    """[9]"""
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = ZETAS[i] * f[j + length] % Q
                f[j], f[j + length] = (f[j] + t) % Q, (f[j] - t) % Q
            i += 1
        length //= 2
    return f


def inverse_ntt(f) -> list[int]:
    """[10]"""
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = ZETAS[i] * (f[j + length] - t) % Q
            i -= 1
        length *= 2
    return [value * 3303 % Q for value in f]


def multiply(f, g) -> list[int]:
    """[11]"""
    out = []
    for i, gamma in enumerate(GAMMAS):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        out += [(a * c + b * d * gamma) % Q, (a * d + b * c) % Q]
    return out


def add(*polynomials) -> list[int]:
    return [sum(values) % Q for values in zip(*polynomials)]


def dot(row, column) -> list[int]:
    return add(*map(multiply, row, column))


def matrix(rho: bytes):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def noise(seed: bytes, first: int):
    return [sample_cbd(seed, first + i) for i in range(K)]


def hash_g(data: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def polynomials(data: bytes, width: int):
    return [decode(data[i:i + 32 * width], width) for i in range(0, len(data), 32 * width)]


def generate(d: bytes, z: bytes) -> tuple[bytes, bytes]:
    """[13, 16]: encapsulation and decapsulation key."""
    rho, sigma = hash_g(d + bytes([K]))
    s, e = (list(map(ntt, noise(sigma, first))) for first in (0, K))
    t = [add(dot(row, s), e[i]) for i, row in enumerate(matrix(rho))]
    public = b"".join(encode(p, 12) for p in t) + rho
    return public, (b"".join(encode(p, 12) for p in s) + public +
                    hashlib.sha3_256(public).digest() + z)


def encrypt(public: bytes, message: bytes, seed: bytes) -> bytes:
    """[14]"""
    t, a = polynomials(public[:-32], 12), matrix(public[-32:])
    y, e1, e2 = list(map(ntt, noise(seed, 0))), noise(seed, K), sample_cbd(seed, 2 * K)
    u = [add(inverse_ntt(dot([a[j][i] for j in range(K)], y)), e1[i]) for i in range(K)]
    v = add(inverse_ntt(dot(t, y)), e2, decompress(decode(message, 1), 1))
    return (b"".join(encode(compress(p, DU), DU) for p in u) +
            encode(compress(v, DV), DV))


def decrypt(secret: bytes, ciphertext: bytes) -> bytes:
    """[15]"""
    u = [decompress(p, DU) for p in polynomials(ciphertext[:32 * DU * K], DU)]
    v = decompress(decode(ciphertext[32 * DU * K:], DV), DV)
    inner = inverse_ntt(dot(polynomials(secret, 12), list(map(ntt, u))))
    return encode(compress([(a - b) % Q for a, b in zip(v, inner)], 1), 1)


def is_valid(public: bytes) -> bool:
    """The modulus check of 7.2."""
    return len(public) == PUBLIC and b"".join(
        encode(p, 12) for p in polynomials(public[:-32], 12)) == public[:-32]


def encapsulate(public: bytes, message: bytes) -> tuple[bytes, bytes]:
    """[17]: shared secret and ciphertext."""
    shared, seed = hash_g(message + hashlib.sha3_256(public).digest())
    return shared, encrypt(public, message, seed)


def public_of(private: bytes) -> bytes:
    return private[384 * K:768 * K + 32]


def decapsulate(private: bytes, ciphertext: bytes) -> bytes:
    """[18]"""
    secret, public = private[:384 * K], public_of(private)
    digest, z = private[768 * K + 32:-32], private[-32:]
    message = decrypt(secret, ciphertext)
    shared, seed = hash_g(message + digest)
    if encrypt(public, message, seed) == ciphertext:
        return shared
    return hashlib.shake_256(z + ciphertext).digest(32)
