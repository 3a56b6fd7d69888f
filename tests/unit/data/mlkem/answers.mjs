// SPDX-License-Identifier: GPL-2.0-or-later
// Known answers of ML-KEM-768 for fixed seeds: README.md says what is printed.
import { createHash } from "node:crypto";
import { MlKem768 } from "mlkem";

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/* Seed number n of a kind: hashes of its name, but all zeros for 4 and all ones for 5. */
function seed(kind, n, length) {
  if (n >= 4) return new Uint8Array(length).fill(n === 4 ? 0 : 255);
  const parts = [];
  for (let i = 0; i * 32 < length; i++) {
    parts.push(createHash("sha256").update(`protostar ${kind} ${n} ${i}`).digest());
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, length));
}

for (let n = 0; n < 6; n++) {
  const kem = new MlKem768();
  const key = seed("key", n, 64);
  const message = seed("message", n, 32);
  const [open, secret] = await kem.deriveKeyPair(key);
  const [ciphertext, shared] = await kem.encap(open, message);
  const changed = Uint8Array.from(ciphertext);
  changed[n * 200] ^= 1 << n;
  console.log(`seed ${hex(key)}\nmessage ${hex(message)}`);
  console.log(`public ${hex(open)}\nprivate ${hex(secret)}`);
  console.log(`ciphertext ${hex(ciphertext)}\nshared ${hex(shared)}`);
  console.log(`rejected ${hex(await kem.decap(changed, secret))}\nchanged ${n * 200} ${n}\n`);
}
