# SPDX-License-Identifier: GPL-2.0-or-later
# ESAPI's crypto callbacks.
protostar_room(crypto_tpm SOURCES tpm_callbacks.c LINKS crypto tp_tss GUEST)
