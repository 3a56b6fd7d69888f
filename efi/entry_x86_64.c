/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry point, and the stack protector's guard, which must hold a value before the first
 * protected function runs. The compiler names both symbols for this target.
 */
#include "efi/firmware_uefi.h"

#include <stdbool.h>

/*
 * Its value here is never used, and is not zero so that .data has bytes in the file: readers of PE
 * files (fwupd's for one) refuse a section without.
 */
uintptr_t __security_cookie = 1;
void __security_check_cookie(uintptr_t cookie);
uint64_t efi_main(void *image, void *table);

/* Says nothing and trusts nothing: the stack that the console code would run on is broken. */
void __security_check_cookie(uintptr_t cookie)
{
	if (cookie != __security_cookie)
		__builtin_trap();
}

static bool has_rdrand(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c >> 30 & 1;
}

/* Best effort: without RDRAND, time and this boot's addresses still differ between machines. */
static uintptr_t random_guard(const void *image, const void *table)
{
	uint64_t guard = (uintptr_t)image ^ (uintptr_t)table << 17, random = 0;
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	guard ^= (uint64_t)high << 32 | low;
	if (has_rdrand())
		__asm__ volatile("rdrand %0" : "=r"(random) : : "cc");
	return guard ^ random;
}

__attribute__((no_stack_protector)) uint64_t efi_main(void *image, void *table)
{
	__security_cookie = random_guard(image, table);
	return firmware_uefi_boot(image, table);
}
