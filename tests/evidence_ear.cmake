# SPDX-License-Identifier: GPL-2.0-or-later
# Attestation results and wrapped messages: samples of others with their verdicts, and each parser.
protostar_test(test_ear SOURCES unit/evidence/test_ear.c LINKS evidence_ear
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/ear)
protostar_test(test_cmw SOURCES unit/evidence/test_cmw.c LINKS evidence_ear
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/evidence/ear)
protostar_test(test_jwt SOURCES unit/evidence/test_jwt.c LINKS evidence_ear)

set(fuzz ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
foreach(parser ear jwk cmw)
  protostar_fuzz_target(fuzz_${parser} SOURCES ${fuzz}/fuzz_${parser}.c LINKS evidence_ear)
endforeach()
