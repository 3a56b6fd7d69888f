/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2-tss as this project builds it: no logging, no dynamic loading, the device TCTI only. Given
 * to every file of it with -include.
 */
#define MAXLOGLEVEL	  0
#define NO_DL		  1
#define TCTI_DEVICE	  1
#define HAVE_REALLOCARRAY 1
#define SYSCONFDIR	  "/etc"
#define PACKAGE_VERSION	  "4.1.3"
#define VERSION		  PACKAGE_VERSION
