# SPDX-License-Identifier: GPL-2.0-or-later
# KEKs in a PKCS#11 token.
protostar_test(test_pkcs11_uri SOURCES unit/test_pkcs11_uri.c LINKS tools_keys_pkcs11)
protostar_fuzz_target(fuzz_pkcs11_uri SOURCES fuzz/fuzz_pkcs11_uri.c LINKS tools_keys_pkcs11)
