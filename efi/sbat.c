/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names this stub to shim's revocation list. It is measured like every other section. */
#define SBAT                                                                            \
	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n" \
	"protostar-stub,1,protostar,protostar-stub,1,\n"

/* Without the string's NUL, which is no part of the list. */
__attribute__((section(".sbat"), used)) static const char sbat[sizeof(SBAT) - 1] = SBAT;
