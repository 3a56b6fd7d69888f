# What is written of a boot, and read back.
set(measure_unit ${CMAKE_CURRENT_SOURCE_DIR}/unit/measure)
protostar_test(test_measurements SOURCES ${measure_unit}/test_measurements.c LINKS measure_output)
protostar_fuzz_target(fuzz_measurements SOURCES fuzz/fuzz_measurements.c LINKS measure_output)
protostar_test(test_json SOURCES unit/test_json.c LINKS tools_lib)
