# SPDX-License-Identifier: GPL-2.0-or-later
# Recipes, signatures, bills of materials, and building again.
protostar_test(test_recipe SOURCES unit/build/test_recipe.c LINKS tools_build)
protostar_test(test_tree_hash SOURCES unit/build/test_tree_hash.c LINKS tools_lib)
protostar_test(test_sign SOURCES unit/build/test_sign.c LINKS tools_build stub_mock)

protostar_fuzz_target(fuzz_recipe SOURCES fuzz/fuzz_recipe.c LINKS tools_build)
protostar_fuzz_target(fuzz_signature SOURCES fuzz/fuzz_signature.c LINKS tools_build stub_mock)

protostar_add_test(NAME reproduce_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/reproduce.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(reproduce_interop PROPERTIES LABELS interop TIMEOUT 600)

protostar_test(test_sbom SOURCES unit/build/test_sbom.c LINKS tools_build stub_mock)
protostar_fuzz_target(fuzz_sbom SOURCES fuzz/fuzz_sbom.c LINKS tools_build)
protostar_add_test(NAME sbom_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/sbom.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(sbom_interop PROPERTIES LABELS interop TIMEOUT 300)

protostar_add_test(NAME two_builds_given COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/two_builds_given.py)
set_tests_properties(two_builds_given PROPERTIES LABELS interop TIMEOUT 120)

# A second build of the whole, in surroundings that differ, beside the release preset's.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND PROTOSTAR_GUEST AND NOT PROTOSTAR_SANITIZE
    AND NOT PROTOSTAR_COVERAGE)
  protostar_add_test(NAME two_builds COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/interop/two_builds.py ${CMAKE_BINARY_DIR}
    ${CMAKE_SOURCE_DIR}/build/sources/tarballs)
  set_tests_properties(two_builds PROPERTIES LABELS interop TIMEOUT 1200 PROCESSORS 2)
endif()
