/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small sound UKI with a small sound kernel, which tests then spoil. */
#ifndef TESTS_MOCK_UKI_MAKER_H
#define TESTS_MOCK_UKI_MAKER_H

#include "tests/mock/pe_maker.h"

#define UKI_CMDLINE "console=ttyS0 quiet"
#define UKI_INITRD  "070701 stands for an archive, and ends without padding"

/* The kernel: .setup R, .text RX with 5000 bytes, .data RW of 600 bytes in 9000. */
struct pe_maker uki_maker_kernel(void);

/*
 * The image: the stub's .text, .rdata and .sbat, then .osrel, .cmdline, .initrd, .linux, in an
 * order that differs from that of measurement. The data of each must live as long as the maker.
 */
struct pe_maker uki_maker_image(const uint8_t *kernel, size_t kernel_len);

/* The section of this name in the maker; ends the program when there is none. */
struct pe_maker_section *uki_maker_section(struct pe_maker *maker, const char *name);

#endif
