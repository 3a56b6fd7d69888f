/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 leaves for the root file system, below /run/protostar (0755, tmpfs, never on a disk):
 *
 * boot.json, 0644: one JSON object on one line, ended by a newline; members, in this order:
 *
 *   "version"      text: the program that wrote it, "protostar 0.1.0"
 *   "purpose"      text: "join", or what an operator served: "init" or "recover"
 *   "action"       text: "format" or "open", what was granted for the state disk
 *   "role"         text: policy's word for this node, may be empty
 *   "policyEpoch"  number, 0 to 2^32 - 1
 *   "keyVersion"   number, 0 to 2^32 - 1
 *   "generation"   text: decimal number up to 2^64 - 1, of the state disk's header
 *   "headerMac"    text: 64 hex digits, of that header under this generation: as it was committed
 *   "diskId"       text: 32 hex digits (PROTOCOL.md section 4)
 *   "stateMount"   text: path of the state disk's file system
 *
 * join-material, 0600: the bytes that the service granted with the disk key; may be empty.
 *
 * node-certificate.der, 0644: the X.509 certificate that the service made for this node's
 * attestation key, in DER; empty when it makes none.
 *
 * The disk key is not among them. The files are there before init runs, and PID 1 never reads them.
 */
#ifndef EARLY_CONTRACT_HANDOFF_H
#define EARLY_CONTRACT_HANDOFF_H

#define HANDOFF_FOLDER	    "/run/protostar"
#define HANDOFF_BOOT	    "boot.json"
#define HANDOFF_MATERIAL    "join-material"
#define HANDOFF_CERTIFICATE "node-certificate.der"

#endif
