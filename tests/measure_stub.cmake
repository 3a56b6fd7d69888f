# SPDX-License-Identifier: GPL-2.0-or-later
# What stubs measure, and the reader that their images go through.
protostar_test(test_container SOURCES unit/test_container.c LINKS tools_lib)
protostar_test(test_pe_read SOURCES unit/test_pe_read.c LINKS stub_mock tools_lib)
foreach(test lanzaboote stub_dialects stub_initrd systemd_boot)
  protostar_test(test_${test} SOURCES unit/measure/test_${test}.c LINKS stub_mock measure_stub)
endforeach()
protostar_fuzz_target(fuzz_pe_read SOURCES fuzz/fuzz_pe_read.c LINKS tools_lib)
protostar_fuzz_target(fuzz_stub_events SOURCES fuzz/fuzz_stub_events.c LINKS measure_stub)
protostar_test(test_stub_logs SOURCES unit/measure/test_stub_logs.c LINKS stub_mock measure_stub
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_add_test(NAME measure_stub_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_stub.py $<TARGET_FILE:protostar> ${CMAKE_BINARY_DIR})
set_tests_properties(measure_stub_interop PROPERTIES LABELS interop TIMEOUT 300)
protostar_add_test(NAME measure_files_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_files.py $<TARGET_FILE:protostar> ${CMAKE_BINARY_DIR})
set_tests_properties(measure_files_interop PROPERTIES LABELS interop TIMEOUT 600)
