/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words by which PID 1's program is known: in its own text, and to the builder. */
#ifndef EARLY_CONTRACT_IDENTITY_H
#define EARLY_CONTRACT_IDENTITY_H

#define EARLY_IDENTITY "protostar-early: this is PID 1 of an initrd and runs nowhere else"

#endif
