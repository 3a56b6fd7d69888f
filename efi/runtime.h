/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the C library that the stub uses and, freestanding, brings along (runtime.c). */
#ifndef EFI_RUNTIME_H
#define EFI_RUNTIME_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
