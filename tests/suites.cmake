# SPDX-License-Identifier: GPL-2.0-or-later
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
# The other presets' tests as tests of the release build, so that one ctest run holds everything:
# unit tests and corpus replay with sanitizers, and a short live run of every fuzz target.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT PROTOSTAR_SANITIZE AND NOT PROTOSTAR_FUZZ)
  protostar_add_test(NAME suite-asan COMMAND ${CMAKE_SOURCE_DIR}/tests/suite asan "unit|fuzz")
  set_tests_properties(suite-asan PROPERTIES LABELS unit)
  protostar_add_test(NAME suite-fuzz COMMAND ${CMAKE_SOURCE_DIR}/tests/suite fuzz fuzz
    -DPROTOSTAR_FUZZ_SECONDS=5)
  set_tests_properties(suite-fuzz PROPERTIES LABELS fuzz)
  cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
  set_tests_properties(suite-asan suite-fuzz PROPERTIES PROCESSORS ${cores} TIMEOUT 1500
    ENVIRONMENT "PROTOSTAR_DISTDIR=${PROTOSTAR_DISTDIR}")
endif()

# What holds each test lets none of its processes get away.
protostar_add_test(NAME leash_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/leash.py $<TARGET_FILE:leash> ${CMAKE_CTEST_COMMAND})
set_tests_properties(leash_interop PROPERTIES LABELS interop TIMEOUT 900)
# tests/other-release ends without a trace.
protostar_add_test(NAME other_release_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/other_release.py ${CMAKE_SOURCE_DIR}/tests/other-release)
set_tests_properties(other_release_interop PROPERTIES LABELS interop TIMEOUT 900)
# tools/deps where apt is in use.
protostar_add_test(NAME deps_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/deps.py ${CMAKE_SOURCE_DIR}/tools/deps)
set_tests_properties(deps_interop PROPERTIES LABELS interop TIMEOUT 900)
