# SPDX-License-Identifier: GPL-2.0-or-later
# libcryptsetup with what it stands on: json-c, libdevmapper and a small UUID library.
# Its crypto backend is crypto/luks_backend.c.
protostar_source(cryptsetup)
protostar_source(json-c)
protostar_source(lvm2)

# json-c's headers must be reachable as json-c/*.h.
set(_json_include ${CMAKE_CURRENT_BINARY_DIR}/json-c-include)
foreach(header arraylist debug json_c_version json_inttypes json_object json_object_iterator
    json_tokener json_types json_util json_visit linkhash printbuf)
  configure_file(${JSON_C_SOURCE}/${header}.h ${_json_include}/json-c/${header}.h COPYONLY)
endforeach()
foreach(header json json_config)
  configure_file(json-c/${header}.h ${_json_include}/json-c/${header}.h COPYONLY)
endforeach()

set(_json_sources
  arraylist.c json_object.c json_tokener.c json_util.c linkhash.c printbuf.c random_seed.c
  strerror_override.c)
list(TRANSFORM _json_sources PREPEND ${JSON_C_SOURCE}/)

set(_libdm_sources
  datastruct/bitset.c datastruct/list.c ioctl/libdm-iface.c libdm-common.c libdm-file.c
  libdm-string.c libdm-timestamp.c mm/dbg_malloc.c mm/pool.c)
list(TRANSFORM _libdm_sources PREPEND ${LVM2_SOURCE}/libdm/)

set(_cryptsetup_sources
  crypt_plain.c crypto_backend/base64.c crypto_backend/cipher_generic.c crypto_backend/crc32.c
  crypto_backend/crypto_storage.c crypto_backend/pbkdf2_generic.c crypto_backend/pbkdf_check.c
  integrity/integrity.c keyslot_context.c libdevmapper.c luks1/af.c luks2/hw_opal/hw_opal.c
  luks2/luks2_digest.c luks2/luks2_digest_pbkdf2.c luks2/luks2_disk_metadata.c
  luks2/luks2_json_format.c luks2/luks2_json_metadata.c luks2/luks2_keyslot.c
  luks2/luks2_keyslot_luks2.c luks2/luks2_segment.c luks2/luks2_token.c luks2/luks2_token_keyring.c
  random.c setup.c utils.c utils_blkid.c utils_crypt.c utils_device.c utils_devpath.c utils_io.c
  utils_keyring.c utils_pbkdf.c utils_safe_memory.c utils_wipe.c verity/verity.c
  volumekey.c)
list(TRANSFORM _cryptsetup_sources PREPEND ${CRYPTSETUP_SOURCE}/lib/)
list(APPEND _cryptsetup_sources cryptsetup/without_formats.c cryptsetup/without_kernel_crypto.c
  cryptsetup/without_locks.c cryptsetup/without_luks1.c cryptsetup/without_reencryption.c)

# One flavour of the stack: suffix "" for the host, "_guest" for PID 1.
function(_cryptsetup_stack suffix flags)
  set(here ${CMAKE_CURRENT_SOURCE_DIR})
  add_library(tp_json_c${suffix} STATIC ${ARGN} ${_json_sources})
  target_include_directories(tp_json_c${suffix} SYSTEM BEFORE
    PUBLIC ${_json_include} PRIVATE ${here}/json-c ${JSON_C_SOURCE})
  target_link_libraries(tp_json_c${suffix} PRIVATE ${flags})

  set(dm ${LVM2_SOURCE}/libdm)
  add_library(tp_libdm${suffix} STATIC ${ARGN} ${_libdm_sources})
  target_include_directories(tp_libdm${suffix}
    PRIVATE ${here}/libdm ${LVM2_SOURCE} ${dm} ${dm}/ioctl)
  target_include_directories(tp_libdm${suffix} SYSTEM INTERFACE ${dm})
  target_compile_options(tp_libdm${suffix} PRIVATE "SHELL:-include ${here}/libdm/configure.h")
  target_compile_definitions(tp_libdm${suffix} PRIVATE _REENTRANT)
  target_link_libraries(tp_libdm${suffix} PRIVATE ${flags})
  if(NOT suffix)
    target_link_libraries(tp_libdm INTERFACE m)
  endif()

  add_library(tp_uuid${suffix} STATIC ${ARGN} uuid/uuid.c)
  target_include_directories(tp_uuid${suffix} PUBLIC ${here}/uuid)
  target_link_libraries(tp_uuid${suffix} PRIVATE ${flags})

  set(lib ${CRYPTSETUP_SOURCE}/lib)
  add_library(tp_cryptsetup${suffix} STATIC ${ARGN} ${_cryptsetup_sources})
  target_include_directories(tp_cryptsetup${suffix}
    PRIVATE ${here}/cryptsetup ${lib} ${lib}/crypto_backend ${CRYPTSETUP_SOURCE})
  target_include_directories(tp_cryptsetup${suffix} SYSTEM INTERFACE ${lib})
  target_compile_options(tp_cryptsetup${suffix} PRIVATE
    "SHELL:-include ${here}/cryptsetup/config.h")
  target_link_libraries(tp_cryptsetup${suffix}
    PRIVATE ${flags} tp_json_c${suffix} tp_libdm${suffix} tp_uuid${suffix})

  # The library's private interface to its crypto backend.
  add_library(tp_cryptsetup_backend${suffix} INTERFACE)
  target_include_directories(tp_cryptsetup_backend${suffix} SYSTEM INTERFACE ${lib}/crypto_backend)
endfunction()

_cryptsetup_stack("" tp_host_flags)
if(PROTOSTAR_GUEST)
  _cryptsetup_stack(_guest tp_guest_flags EXCLUDE_FROM_ALL)
endif()
