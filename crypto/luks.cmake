# SPDX-License-Identifier: GPL-2.0-or-later
# libcryptsetup's crypto backend. Who links tp_cryptsetup gets it along: the library calls the
# backend, and the backend the library's own PBKDF2.
protostar_room(crypto_luks
  SOURCES luks_backend.c
  LINKS crypto tp_cryptsetup tp_cryptsetup_backend GUEST)
target_link_libraries(tp_cryptsetup INTERFACE crypto_luks)
if(PROTOSTAR_GUEST)
  target_link_libraries(tp_cryptsetup_guest INTERFACE crypto_luks_guest)
endif()
