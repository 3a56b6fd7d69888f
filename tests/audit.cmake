# SPDX-License-Identifier: GPL-2.0-or-later
# Audits: what can be said about the repository and its artefacts without running them.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

function(protostar_audit name)
  protostar_add_test(NAME audit-${name} COMMAND ${Python3_EXECUTABLE} -B ${ARGN})
  set_tests_properties(audit-${name} PROPERTIES LABELS audit TIMEOUT 120 SKIP_RETURN_CODE 77)
endfunction()

set(_audit ${CMAKE_SOURCE_DIR}/tests/audit)
foreach(check selftest layering banned size errors texts spdx attacks)
  protostar_audit(${check} ${_audit}/${check}.py)
endforeach()
protostar_audit(error-pages ${CMAKE_SOURCE_DIR}/tools/error-pages --check)
protostar_audit(picture ${CMAKE_SOURCE_DIR}/tools/picture/draw --check)
# Each version lays out code differently: this one is skipped where another is installed.
protostar_audit(clang-format-14 ${_audit}/lint.py clang-format)
foreach(linter cppcheck shellcheck python)
  protostar_audit(${linter} ${_audit}/lint.py ${linter})
endforeach()
protostar_audit(mandoc ${_audit}/lint.py mandoc ${PROTOSTAR_ERRORS_PAGE})
set_tests_properties(audit-cppcheck PROPERTIES TIMEOUT 600)
foreach(room efi crypto early tools)
  protostar_audit(clang-tidy-${room} ${_audit}/lint.py clang-tidy ${CMAKE_BINARY_DIR} ${room})
  cmake_host_system_information(RESULT _cores QUERY NUMBER_OF_LOGICAL_CORES)
  set_tests_properties(audit-clang-tidy-${room} PROPERTIES TIMEOUT 900 PROCESSORS ${_cores})
endforeach()

if(PROTOSTAR_GUEST)
  protostar_audit(hardening ${_audit}/hardening.py $<TARGET_FILE:protostar-early>
    ${PROTOSTAR_STUB} $<TARGET_FILE:protostar>)
endif()
