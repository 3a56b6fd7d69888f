/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub's port as a recorder that fails on demand. Inputs are set before stub_run(); everything
 * else is the record of what the stub did. Memory given out is real and filled with garbage.
 */
#ifndef TESTS_MOCK_FIRMWARE_MOCK_H
#define TESTS_MOCK_FIRMWARE_MOCK_H

#include "efi/stub.h"

#define MOCK_EVENTS_MAX 64u

/* What a failing call reports: no code of the stub's own. */
#define MOCK_FAILURE 199u

struct mock_event {
	enum measurer measurer;
	uint32_t pcr, type;
	const uint8_t *data; /* the very pointer that was measured */
	size_t len;
	uint8_t text[FIRMWARE_TEXT_MAX];
	size_t text_len;
};

struct mock_block {
	uint8_t *base;
	size_t len;
	enum firmware_memory kind;
};

struct firmware_mock {
	/* Inputs. */
	const uint8_t *image;
	size_t image_len;
	unsigned measurers;
	bool initrd_offered;
	unsigned fail_at;    /* which call that can fail does so, from 1; 0: none */
	size_t memory_limit; /* bytes an allocation may have; 0: 64 MiB */

	/* The record. */
	unsigned calls; /* that can fail */
	struct mock_event events[MOCK_EVENTS_MAX];
	unsigned event_count;
	const struct initrd *initrd;
	struct mock_block blocks[2]; /* those given out have a base */
	uint8_t *access; /* of each page of the FIRMWARE_CODE block: 1 + enum firmware_access */
	unsigned started;
	uint8_t *kernel; /* a copy of the kernel's memory as it was started */
	size_t kernel_len;
	uintptr_t kernel_at; /* where it was */
	uint32_t kernel_entry;
	uint8_t options[FIRMWARE_PAGE];
	size_t options_len;
	uint8_t *initrd_copy; /* what LoadFile2 served at that time */
	size_t initrd_len;
	char console[512];
	unsigned power_offs;
};

/* A port onto this mock, which it clears but for the inputs. */
struct firmware firmware_mock_open(struct firmware_mock *mock);

/* Frees what the record holds. */
void firmware_mock_close(struct firmware_mock *mock);

#endif
