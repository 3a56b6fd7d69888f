# SPDX-License-Identifier: GPL-2.0-or-later
# What a code means: the tables' column of what follows, and `protostar explain`.
protostar_test(test_errors SOURCES unit/test_errors.c LINKS early_join)
protostar_test(test_error_catalogue SOURCES unit/test_error_catalogue.c LINKS tools_explain)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_add_test(NAME explain_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/explain_codes.py $<TARGET_FILE:protostar>)
set_tests_properties(explain_interop PROPERTIES LABELS interop TIMEOUT 600)
