/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the root file system's systemd extends once more, from release 261 on, when it first sees a
 * TPM (systemd-pcrosseparator.service; UAPI.7, Linux TPM PCR registry): these PCRs with the hash of
 * this word, without its NUL. It measures into TPMs alone, so no register of TDX changes.
 */
#ifndef TOOLS_LIB_OS_SEPARATOR_H
#define TOOLS_LIB_OS_SEPARATOR_H

#define OS_SEPARATOR "os-separator"
/* Bit n: PCR n. */
#define OS_SEPARATOR_PCRS (0xffu | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 14)

#endif
