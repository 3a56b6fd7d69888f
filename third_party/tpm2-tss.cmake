# SPDX-License-Identifier: GPL-2.0-or-later
# tpm2-tss: ESYS, SYS, MU and the device TCTI, of the commands those that PID 1 and its tests send.
# No crypto library: crypto/tpm_callbacks.c gives ESAPI its cryptography.
protostar_source(tpm2-tss PATCHES
  tpm2-tss-response-lengths tpm2-tss-inner-return-codes tpm2-tss-null-objects
  tpm2-tss-null-password tpm2-tss-session-blob)

set(_tss_commands
  ActivateCredential Create CreatePrimary FlushContext GetCapability GetRandom Load MakeCredential
  NV_DefineSpace NV_Read NV_ReadPublic NV_Write PCR_Event PCR_Extend PCR_Read PolicyOR PolicyPCR
  PolicySecret Quote ReadPublic Shutdown
  StartAuthSession Startup StirRandom Unseal)
set(_tss_sources
  tss2-mu/base-types.c tss2-mu/tpm2b-types.c tss2-mu/tpma-types.c tss2-mu/tpml-types.c
  tss2-mu/tpms-types.c tss2-mu/tpmt-types.c tss2-mu/tpmu-types.c
  tss2-sys/sysapi_util.c
  tss2-sys/api/Tss2_Sys_Execute.c
  tss2-sys/api/Tss2_Sys_Finalize.c
  tss2-sys/api/Tss2_Sys_GetCommandCode.c
  tss2-sys/api/Tss2_Sys_GetContextSize.c
  tss2-sys/api/Tss2_Sys_GetCpBuffer.c
  tss2-sys/api/Tss2_Sys_GetDecryptParam.c
  tss2-sys/api/Tss2_Sys_GetEncryptParam.c
  tss2-sys/api/Tss2_Sys_GetRpBuffer.c
  tss2-sys/api/Tss2_Sys_GetRspAuths.c
  tss2-sys/api/Tss2_Sys_GetTctiContext.c
  tss2-sys/api/Tss2_Sys_Initialize.c
  tss2-sys/api/Tss2_Sys_SetCmdAuths.c
  tss2-sys/api/Tss2_Sys_SetDecryptParam.c
  tss2-sys/api/Tss2_Sys_SetEncryptParam.c
  tss2-esys/esys_context.c tss2-esys/esys_crypto.c tss2-esys/esys_free.c tss2-esys/esys_iutil.c
  tss2-esys/esys_mu.c tss2-esys/esys_tr.c
  tss2-tcti/tcti-common.c tss2-tcti/tcti-device.c util-io/io.c)
foreach(command ${_tss_commands})
  list(APPEND _tss_sources tss2-sys/api/Tss2_Sys_${command}.c tss2-esys/api/Esys_${command}.c)
endforeach()
list(TRANSFORM _tss_sources PREPEND ${TPM2_TSS_SOURCE}/src/)
list(APPEND _tss_sources tpm2-tss/no_tctildr.c)

function(_tss_library name flags)
  add_library(${name} STATIC ${ARGN} ${_tss_sources})
  target_include_directories(${name} SYSTEM INTERFACE ${TPM2_TSS_SOURCE}/include)
  set(src ${TPM2_TSS_SOURCE}/src)
  target_include_directories(${name} PRIVATE ${TPM2_TSS_SOURCE}/include
    ${TPM2_TSS_SOURCE}/include/tss2 ${TPM2_TSS_SOURCE} ${src} ${src}/tss2-mu ${src}/tss2-sys
    ${src}/tss2-esys ${src}/util ${src}/util-io)
  target_compile_options(${name} PRIVATE
    "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/tpm2-tss/config.h")
  target_link_libraries(${name} PRIVATE ${flags})
endfunction()

_tss_library(tp_tss tp_host_flags)
target_compile_definitions(tp_tss PRIVATE NDEBUG)
if(PROTOSTAR_GUEST)
  _tss_library(tp_tss_guest tp_guest_flags EXCLUDE_FROM_ALL)
endif()

# The socket TCTI, for host tests against swtpm.
add_library(tp_tss_swtpm STATIC EXCLUDE_FROM_ALL ${TPM2_TSS_SOURCE}/src/tss2-tcti/tcti-swtpm.c
  ${TPM2_TSS_SOURCE}/src/util/key-value-parse.c)
target_include_directories(tp_tss_swtpm PRIVATE
  $<TARGET_PROPERTY:tp_tss,INCLUDE_DIRECTORIES>)
target_compile_options(tp_tss_swtpm PRIVATE
  "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/tpm2-tss/config.h")
target_link_libraries(tp_tss_swtpm PRIVATE tp_host_flags PUBLIC tp_tss)
