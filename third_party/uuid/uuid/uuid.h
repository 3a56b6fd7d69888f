/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three calls of libuuid that libcryptsetup makes (RFC 9562, version 4 and text form only). */
#ifndef TP_UUID_H
#define TP_UUID_H

typedef unsigned char uuid_t[16];

/* Random, version 4. The process is ended when the kernel gives no random bytes. */
void uuid_generate(uuid_t out);
/* 0, or -1 when text is not 36 characters of a UUID. */
int uuid_parse(const char *text, uuid_t out);
/* Lower case; out needs 37 bytes. */
void uuid_unparse(const uuid_t uuid, char *out);

#endif
