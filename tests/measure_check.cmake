# SPDX-License-Identifier: GPL-2.0-or-later
# What a machine measured against what was predicted.
set(check_logs ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_room(golden_boot SOURCES mock/golden_boot.c LINKS measure_check)
protostar_test(test_check SOURCES unit/measure/test_check.c LINKS golden_boot ARGS ${check_logs})
protostar_test(test_evidence SOURCES unit/measure/test_evidence.c LINKS measure_check
  ARGS ${check_logs} ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/quotes)
protostar_test(test_evidence_forms SOURCES unit/measure/test_evidence_forms.c LINKS measure_check)
protostar_test(test_check_hostile SOURCES unit/measure/test_check_hostile.c LINKS golden_boot
  ARGS ${check_logs})
protostar_fuzz_target(fuzz_check SOURCES fuzz/fuzz_check.c LINKS measure_check)
protostar_fuzz_target(fuzz_pcr_values SOURCES fuzz/fuzz_pcr_values.c LINKS measure_check)
protostar_fuzz_target(fuzz_quote_files SOURCES fuzz/fuzz_quote_files.c LINKS measure_check)

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_add_test(NAME measure_check_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_check.py $<TARGET_FILE:protostar> ${check_logs})
set_tests_properties(measure_check_interop PROPERTIES LABELS interop TIMEOUT 600)
protostar_add_test(NAME measure_evidence_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_evidence.py $<TARGET_FILE:protostar> ${check_logs})
set_tests_properties(measure_evidence_interop PROPERTIES LABELS interop TIMEOUT 600)
