# SPDX-License-Identifier: GPL-2.0-or-later
# What is written of a boot, and read back.
set(measure_unit ${CMAKE_CURRENT_SOURCE_DIR}/unit/measure)
set(measure_logs ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_test(test_command SOURCES unit/test_command.c LINKS tools_lib)
protostar_test(test_command_rows SOURCES unit/test_command_rows.c LINKS tools_command)
protostar_fuzz_target(fuzz_command SOURCES fuzz/fuzz_command.c LINKS tools_lib)
protostar_test(test_number SOURCES unit/test_number.c LINKS tools_lib)
protostar_test(test_json SOURCES unit/test_json.c LINKS tools_lib)
protostar_test(test_measurements SOURCES ${measure_unit}/test_measurements.c LINKS measure_output
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/fuzz_measurements)
protostar_test(test_outputs SOURCES ${measure_unit}/test_outputs.c LINKS measure_output tools_policy)
protostar_test(test_policy_tee SOURCES ${measure_unit}/test_policy_tee.c
  LINKS measure_output tdx_rig snp_rig ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence)
protostar_test(test_event_text SOURCES ${measure_unit}/test_event_text.c LINKS measure_output
  ARGS ${measure_logs})
protostar_fuzz_target(fuzz_measurements SOURCES fuzz/fuzz_measurements.c LINKS measure_output)
protostar_fuzz_target(fuzz_replay SOURCES fuzz/fuzz_replay.c LINKS tools_measure)
protostar_add_test(NAME measure_output_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_output.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB}
  ${measure_logs})
set_tests_properties(measure_output_interop PROPERTIES LABELS interop TIMEOUT 300)
protostar_add_test(NAME measure_conditions_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/measure_conditions.py $<TARGET_FILE:protostar>)
set_tests_properties(measure_conditions_interop PROPERTIES LABELS interop TIMEOUT 300)
