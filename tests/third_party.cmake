# third_party/: what the guest toolchain makes, and the libraries where we changed or adapted them.
if(PROTOSTAR_GUEST)
  protostar_guest_executable(guest_hello SOURCES third_party/hello.c)
  add_test(NAME guest_hello COMMAND guest_hello)
  set_tests_properties(guest_hello PROPERTIES LABELS unit
    PASS_REGULAR_EXPRESSION "^hello from the guest")
endif()
