/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes that are the same in every run, linked by fuzz targets in place of crypto/random.c
 * and of BearSSL's own seeder. No production program links it.
 */
#ifndef TESTS_FUZZ_FIXED_RANDOM_H
#define TESTS_FUZZ_FIXED_RANDOM_H

/* Begins the sequence anew. */
void fixed_random_restart(void);

#endif
