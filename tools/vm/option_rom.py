# SPDX-License-Identifier: GPL-2.0-or-later
"""A PCI expansion ROM that holds one UEFI driver, as QEMU's romfile= takes it."""

import struct

UNIT = 512  # bytes in which a ROM's size is counted
HEADER = struct.Struct("<HHIHHH8xHH")  # UEFI 2.10, 14.4.2: EFI PCI expansion ROM header
DATA = struct.Struct("<4sHHHHB3sHHBBH")  # PCI Firmware Specification 3.0: PCI data structure
DATA_AT, IMAGE_AT = 28, 56  # multiples of 4 and 8, behind each other
EFI_ROM, BOOT_SERVICE_DRIVER, X86_64, EFI_CODE, LAST_IMAGE = 0x0EF1, 11, 0x8664, 3, 0x80
VIRTIO_RNG = (0x1AF4, 0x1005)  # vendor and device of QEMU's virtio-rng-pci


def option_rom(driver: bytes, vendor: int, device: int) -> bytes:
    """The ROM of a device of these numbers, which firmware compares."""
    units = -(-(IMAGE_AT + len(driver)) // UNIT)
    header = HEADER.pack(0xAA55, units, EFI_ROM, BOOT_SERVICE_DRIVER, X86_64, 0, IMAGE_AT, DATA_AT)
    data = DATA.pack(b"PCIR", vendor, device, 0, DATA.size, 0, bytes(3), units, 0, EFI_CODE,
                     LAST_IMAGE, 0)
    head = (header.ljust(DATA_AT, b"\0") + data).ljust(IMAGE_AT, b"\0")
    return (head + driver).ljust(units * UNIT, b"\0")
