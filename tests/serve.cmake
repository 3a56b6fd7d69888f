# SPDX-License-Identifier: GPL-2.0-or-later
# The join service and the event log.
protostar_test(test_event_log SOURCES unit/test_event_log.c LINKS tools_lib
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_test(test_event_log_older SOURCES unit/test_event_log_older.c LINKS tools_lib
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_test(test_event_log_machines SOURCES unit/test_event_log_machines.c
  LINKS tools_lib PkgConfig::JSON_C
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs/google)
protostar_test(test_policy SOURCES unit/test_policy.c LINKS tools_policy)
protostar_test(test_policy_identity SOURCES unit/test_policy_identity.c LINKS tools_policy)
protostar_test(test_policy_path SOURCES unit/test_policy_path.c LINKS tools_policy)
protostar_test(test_store SOURCES unit/test_store.c LINKS tools_serve)
protostar_test(test_rotation SOURCES unit/test_rotation.c LINKS tools_serve)
protostar_test(test_store_lists SOURCES unit/test_store_lists.c LINKS tools_serve)
protostar_test(test_store_bundles SOURCES unit/test_store_bundles.c LINKS tools_serve)
protostar_test(test_node_id SOURCES unit/test_node_id.c LINKS tools_serve)
foreach(name test_audit test_audit_known test_audit_rotate test_record)
  protostar_test(${name} SOURCES unit/${name}.c LINKS tools_serve)
endforeach()
protostar_test(test_seal SOURCES unit/test_seal.c LINKS tools_serve)
protostar_test(test_key_service SOURCES unit/test_key_service.c LINKS tools_serve)
protostar_test(test_node_ca SOURCES unit/test_node_ca.c LINKS tools_serve)
protostar_test(test_statement SOURCES unit/test_statement.c LINKS attest_statement
  ARGS ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md)
protostar_test(test_state SOURCES unit/test_state.c LINKS tools_serve
  ARGS $<TARGET_FILE:protostar>)
add_dependencies(test_state protostar)
protostar_test(test_serve_text SOURCES unit/test_serve_text.c LINKS tools_serve)
protostar_test(test_access_list SOURCES unit/test_access_list.c LINKS tools_lib)
protostar_test(test_passphrase_box SOURCES unit/test_passphrase_box.c LINKS tools_lib)
protostar_test(test_shares SOURCES unit/test_shares.c LINKS tools_bundle)
protostar_test(test_bundle SOURCES unit/test_bundle.c LINKS tools_bundle
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/fuzz_bundle)
protostar_test(test_private_file SOURCES unit/test_private_file.c LINKS tools_policy)
protostar_test(test_slots SOURCES unit/test_slots.c LINKS tools_serve)
protostar_test(test_denial SOURCES unit/test_denial.c LINKS tools_serve)
protostar_test(test_metrics SOURCES unit/test_metrics.c LINKS tools_serve)
protostar_test(test_refusal SOURCES unit/test_refusal.c LINKS tools_serve)
protostar_test(test_connection SOURCES unit/test_connection.c interop/serve/flight.c
  LINKS tools_serve)
protostar_fuzz_target(fuzz_event_log SOURCES fuzz/fuzz_event_log.c LINKS tools_lib)
protostar_fuzz_target(fuzz_audit SOURCES fuzz/fuzz_audit.c LINKS tools_serve)
protostar_fuzz_target(fuzz_passphrase_box SOURCES fuzz/fuzz_passphrase_box.c LINKS tools_lib)
protostar_fuzz_target(fuzz_bundle SOURCES fuzz/fuzz_bundle.c LINKS tools_bundle)
protostar_fuzz_target(fuzz_shares SOURCES fuzz/fuzz_shares.c LINKS tools_bundle)
protostar_fuzz_target(fuzz_policy SOURCES fuzz/fuzz_policy.c LINKS tools_policy)
protostar_fuzz_target(fuzz_statement SOURCES fuzz/fuzz_statement.c LINKS attest_statement)
protostar_fuzz_target(fuzz_verdict SOURCES fuzz/fuzz_verdict.c LINKS tools_verify)
protostar_fuzz_target(fuzz_exchange SOURCES fuzz/fuzz_exchange.c LINKS tools_serve)

# The service as a process, against nodes with a swtpm each.
protostar_room(serve_setting
  SOURCES interop/serve/client.c interop/serve/flight.c interop/serve/machine.c
    interop/serve/service_process.c interop/serve/setting.c interop/tpm_rig.c
    interop/swtpm_ready.c
  LINKS tools_lib evidence_tpm early_tpm_frame early_contract crypto_tpm tp_tss_swtpm tp_tss)
add_library(failing_files MODULE interop/serve/failing_files.c)
target_link_libraries(failing_files PRIVATE protostar_warnings ${CMAKE_DL_LIBS})
target_compile_definitions(failing_files PRIVATE _GNU_SOURCE)
protostar_test(test_serve_wrap SOURCES interop/serve/test_serve_wrap.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_join SOURCES interop/serve/test_serve_join.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_attest SOURCES interop/serve/test_serve_attest.c
  LINKS serve_setting attest_statement evidence_ear LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_attest_guests SOURCES interop/serve/test_attest_guests.c
  LINKS serve_setting attest_statement LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_faults SOURCES interop/serve/test_serve_faults.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:failing_files>)
protostar_test(test_serve_audit SOURCES interop/serve/test_serve_audit.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:failing_files>
  ${CMAKE_SOURCE_DIR}/tools/package/protostar.logrotate)
add_dependencies(test_serve_faults failing_files)
protostar_test(test_serve_memory SOURCES interop/serve/test_serve_memory.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
add_dependencies(test_serve_audit failing_files)
add_library(no_ipv6 MODULE interop/serve/no_ipv6.c)
target_link_libraries(no_ipv6 PRIVATE protostar_warnings ${CMAKE_DL_LIBS})
target_compile_definitions(no_ipv6 PRIVATE _GNU_SOURCE)
protostar_test(test_serve_listen
  SOURCES interop/serve/test_serve_listen.c interop/serve/service_process.c
  LINKS tools_lib LABELS interop ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:no_ipv6>)
add_dependencies(test_serve_listen no_ipv6)
add_library(stopped_clock MODULE interop/serve/stopped_clock.c)
target_link_libraries(stopped_clock PRIVATE protostar_warnings)
target_compile_definitions(stopped_clock PRIVATE _GNU_SOURCE)
protostar_test(test_serve_crowd SOURCES interop/serve/test_serve_crowd.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar> $<TARGET_FILE:stopped_clock>)
add_dependencies(test_serve_crowd stopped_clock)
protostar_test(test_serve_places SOURCES interop/serve/test_serve_places.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_refusals
  SOURCES interop/serve/test_serve_refusals.c interop/openssl_peer.c
  LINKS serve_setting tools_serve_tls OpenSSL::SSL LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_records SOURCES interop/serve/test_serve_records.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_turns SOURCES interop/serve/test_serve_turns.c LINKS serve_setting
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_room(serve_identity SOURCES interop/serve/identity_setting.c LINKS serve_setting tpm_pki)
foreach(name test_serve_identity test_serve_strangers)
  protostar_test(${name} SOURCES interop/serve/${name}.c LINKS serve_identity
    LABELS interop ARGS $<TARGET_FILE:protostar>)
endforeach()
protostar_test(test_serve_export SOURCES interop/serve/test_serve_export.c
  LINKS serve_identity tools_bundle tools_serve LABELS interop ARGS $<TARGET_FILE:protostar>)
add_dependencies(test_serve_export protostar)
protostar_room(serve_tee_node SOURCES interop/serve/tee_node.c interop/serve/tee_policy.c
  LINKS serve_setting snp_pki evidence_pki_tdx)
protostar_test(test_serve_tee SOURCES interop/serve/test_serve_tee.c
  LINKS serve_tee_node serve_identity
  LABELS interop ARGS $<TARGET_FILE:protostar>)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FUSE3 REQUIRED IMPORTED_TARGET fuse3)
protostar_room(serve_statement_node SOURCES interop/serve/statement_node.c mock/tsm_fs.c
  LINKS serve_tee_node attest_statement PkgConfig::FUSE3)
protostar_test(test_serve_statements SOURCES interop/serve/test_serve_statements.c
  LINKS serve_statement_node evidence_ear LABELS interop
  ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_rotation SOURCES interop/serve/test_serve_rotation.c
  LINKS serve_identity LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_revoked SOURCES interop/serve/test_serve_revoked.c
  LINKS serve_tee_node serve_identity tools_serve
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_mutations
  SOURCES interop/serve/test_serve_mutations.c interop/serve/mutation.c
    interop/serve/mutation_azure.c interop/serve/mutation_snp.c interop/serve/mutation_tdx.c
    interop/serve/mutation_tpm.c
  LINKS serve_tee_node serve_identity LABELS interop
  ARGS $<TARGET_FILE:protostar> ${CMAKE_SOURCE_DIR}/tools/policy)
set_tests_properties(test_serve_mutations PROPERTIES TIMEOUT 1800)
protostar_test(test_serve_measured SOURCES interop/serve/test_serve_measured.c
  LINKS serve_tee_node tools_measure stub_mock image_makers firmware_makers LABELS interop
  ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_certified SOURCES interop/serve/test_serve_certified.c
  LINKS serve_statement_node LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_standing SOURCES interop/serve/test_serve_standing.c
  LINKS serve_statement_node LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_vtpm SOURCES interop/serve/test_serve_vtpm.c LINKS serve_tee_node
  LABELS interop ARGS $<TARGET_FILE:protostar>)
protostar_test(test_serve_node
  SOURCES interop/serve/test_serve_node.c interop/serve/service_process.c
    interop/swtpm_ready.c
  LINKS early_join early_tpm early_base tools_lib tp_tss_swtpm LABELS interop
  ARGS $<TARGET_FILE:protostar>)
foreach(name test_serve_join test_serve_wrap test_serve_faults test_serve_memory test_serve_crowd
    test_serve_listen test_serve_places test_serve_refusals test_serve_records test_serve_turns test_serve_node
    test_serve_identity test_serve_strangers test_serve_mutations test_serve_tee
    test_serve_revoked test_serve_rotation test_serve_vtpm test_serve_audit test_serve_attest test_attest_guests test_serve_statements
    test_serve_measured test_serve_certified test_serve_standing)
  add_dependencies(${name} protostar)
endforeach()

# A client written from PROTOCOL.md alone. Its cryptography is Debian's package, so Debian's Python.
find_program(PROTOSTAR_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT PROTOSTAR_SYSTEM_PYTHON)
  set(PROTOSTAR_SYSTEM_PYTHON python3)
endif()
protostar_add_test(NAME protocol_client COMMAND ${PROTOSTAR_SYSTEM_PYTHON} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/protocol/run.py $<TARGET_FILE:protostar>)
set_tests_properties(protocol_client PROPERTIES LABELS interop TIMEOUT 1800)

# A reader of bundles written from protostar-bundle(5) alone.
protostar_add_test(NAME bundle_reader COMMAND ${PROTOSTAR_SYSTEM_PYTHON} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/bundle.py $<TARGET_FILE:protostar>)
set_tests_properties(bundle_reader PROPERTIES LABELS interop TIMEOUT 300)

# A client written from PROTOCOL.md alone, with OpenSSL.
add_library(wall_clock MODULE interop/independent/wall_clock.c)
target_link_libraries(wall_clock PRIVATE protostar_warnings)
target_compile_definitions(wall_clock PRIVATE _GNU_SOURCE)
protostar_test(independent_client
  SOURCES interop/independent/test_independent.c interop/independent/activate.c
    interop/independent/cases_attacks.c interop/independent/cases_faults.c
    interop/independent/cases_fields.c interop/independent/cases_identity.c
    interop/independent/cases_keys.c interop/independent/cases_rotation.c
    interop/independent/cases_service.c
    interop/independent/cases_state.c
    interop/independent/cases_transport.c interop/independent/cases_vectors.c
    interop/independent/codec.c
    interop/independent/derive.c interop/independent/event_log.c
    interop/independent/evidence.c interop/independent/link.c interop/independent/machine.c
    interop/independent/pki.c interop/independent/quote.c interop/independent/service.c interop/independent/session.c
    interop/serve/service_process.c interop/swtpm_ready.c
  LINKS tools_lib OpenSSL::SSL LABELS interop
  ARGS $<TARGET_FILE:protostar> ${CMAKE_SOURCE_DIR}/early/contract/PROTOCOL.md
    $<TARGET_FILE:failing_files> $<TARGET_FILE:wall_clock>)
set_tests_properties(independent_client PROPERTIES TIMEOUT 1800)
add_dependencies(independent_client protostar failing_files wall_clock)
