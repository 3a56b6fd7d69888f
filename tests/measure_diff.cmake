# SPDX-License-Identifier: GPL-2.0-or-later
# `protostar measure diff`, and the readers of what it enters.
add_library(initrd_maker STATIC mock/initrd_maker.c)
target_include_directories(initrd_maker PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(initrd_maker PRIVATE protostar_host_flags PUBLIC tools_lib)

protostar_test(test_decompress SOURCES unit/measure/test_decompress.c LINKS initrd_maker)
protostar_test(test_cpio_read SOURCES unit/measure/test_cpio_read.c LINKS initrd_maker)

protostar_fuzz_target(fuzz_cpio SOURCES fuzz/fuzz_cpio.c LINKS tools_lib)
protostar_fuzz_target(fuzz_decompress SOURCES fuzz/fuzz_decompress.c LINKS tools_lib)

protostar_test(test_content_diff SOURCES unit/measure/test_content_diff.c
  LINKS tools_content initrd_maker stub_mock)
protostar_fuzz_target(fuzz_content_diff SOURCES fuzz/fuzz_content_diff.c LINKS tools_content)

protostar_test(test_measure_diff SOURCES unit/measure/test_measure_diff.c LINKS measure_diff)

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_add_test(NAME measure_diff_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_diff.py $<TARGET_FILE:protostar>)
set_tests_properties(measure_diff_interop PROPERTIES LABELS interop TIMEOUT 600)

protostar_add_test(NAME audit-completion COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/audit/completion.py $<TARGET_FILE:protostar> ${CMAKE_BINARY_DIR})
set_tests_properties(audit-completion PROPERTIES LABELS audit TIMEOUT 600)
