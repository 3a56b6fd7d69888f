/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 extends PCR 15 with, in every active bank, as TPM2_PCR_Event does: each bank gets its
 * own digest of these ASCII bytes, without a terminator. One of the two is there before any program
 * of the root file system runs, so that no quote made later passes for one of the join.
 */
#ifndef EARLY_CONTRACT_PCR15_H
#define EARLY_CONTRACT_PCR15_H

#define PCR15_SEALED "protostar: sealed" /* the boot went as it should */
#define PCR15_FAILED "protostar: failed" /* the boot ended with an error */

#endif
