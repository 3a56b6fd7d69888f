# `measure check`: evidence, how it lies beside a predicted boot, and the causes of differences.
find_package(OpenSSL 3.0 REQUIRED)
protostar_room(measure_check
  SOURCES
    align.c
    cause.c
    cause_application.c
    cause_firmware.c
    cause_initrd.c
    cause_stub.c
    check.c
    check_binding.c
    check_json.c
    check_print.c
    check_value.c
    evidence_key.c
    evidence_log.c
    evidence_pcrs.c
    evidence_pcrs_binary.c
    evidence_pcrs_json.c
    evidence_pcrs_lines.c
    evidence_quote.c
    evidence_quote_check.c
    logged_event.c
    padding.c
    sequence.c
  LINKS tools_lib crypto_service measure_model measure_output OpenSSL::Crypto)
