# SPDX-License-Identifier: GPL-2.0-or-later
# What firmware measures, and the files that it is predicted from.
find_package(LibLZMA REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
add_library(firmware_makers STATIC mock/nvram_maker.c mock/volume_maker.c mock/image_signer.c)
target_include_directories(firmware_makers PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(firmware_makers PRIVATE protostar_host_flags
  PUBLIC tools_lib stub_mock LibLZMA::LibLZMA OpenSSL::Crypto)

foreach(part vars_store signature_list firmware_volume)
  protostar_test(test_${part} SOURCES unit/measure/test_${part}.c LINKS firmware_makers)
endforeach()
protostar_test(test_trust SOURCES unit/measure/test_trust.c LINKS firmware_makers measure_firmware)
protostar_test(test_firmware SOURCES unit/measure/test_firmware.c
  LINKS firmware_makers measure_firmware
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_test(test_firmware_secure_boot SOURCES unit/measure/test_firmware_secure_boot.c
  LINKS firmware_makers measure_firmware)

foreach(target fuzz_vars_store fuzz_signature_list fuzz_firmware_volume)
  protostar_fuzz_target(${target} SOURCES fuzz/${target}.c LINKS firmware_makers)
endforeach()
protostar_fuzz_target(fuzz_pkcs7 SOURCES fuzz/fuzz_pkcs7.c LINKS measure_firmware)
if(NOT PROTOSTAR_FUZZ)
  add_executable(make_firmware_seeds EXCLUDE_FROM_ALL fuzz/make_firmware_seeds.c)
  target_include_directories(make_firmware_seeds PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(make_firmware_seeds PRIVATE protostar_host_flags firmware_makers)
endif()

# Debian's own firmware, of the builds that the logs are of.
protostar_test(test_firmware_ovmf SOURCES interop/test_firmware_ovmf.c
  LINKS firmware_makers measure_firmware LABELS interop
  ARGS /usr/share/OVMF /usr/share/ovmf ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
set_tests_properties(test_firmware_ovmf PROPERTIES SKIP_RETURN_CODE 77)
