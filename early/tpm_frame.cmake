# The check of every TPM response as a frame, before ESAPI sees it.
protostar_room(early_tpm_frame SOURCES tpm_frame.c LINKS early_contract crypto tp_tss GUEST)
