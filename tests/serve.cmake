# The join service and the event log.
if(NOT TARGET crypto)
  return()
endif()
protostar_test(test_event_log SOURCES unit/test_event_log.c LINKS tools_lib
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)
protostar_fuzz_target(fuzz_event_log SOURCES fuzz/fuzz_event_log.c LINKS tools_lib)
