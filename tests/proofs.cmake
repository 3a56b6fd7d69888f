# SPDX-License-Identifier: GPL-2.0-or-later
# The join protocol's symbolic model: each property holds, each attack is found once its defence is
# out. `tests/proofs/prove --long` and `--thorough` are wider forms.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
foreach(part selftest prove)
  protostar_add_test(NAME proof-${part} COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/proofs/${part})
  set_tests_properties(proof-${part} PROPERTIES LABELS proof)
endforeach()
set_tests_properties(proof-prove PROPERTIES TIMEOUT 1500)
