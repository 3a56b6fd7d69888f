/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of json-c's configuration that its public headers read. */
#define JSON_C_HAVE_INTTYPES_H 1
