/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ACPI table of the host's: its code writes to the serial port when the kernel starts it. It
 * could as well write to any of the guest's memory.
 */
DefinitionBlock ("", "SSDT", 2, "HOSTIL", "HOSTILE", 1)
{
    Device (\_SB.HOST)
    {
        Name (_HID, "HOST0001")
        OperationRegion (COM1, SystemIO, 0x3F8, 1)
        Field (COM1, ByteAcc, NoLock, WriteAsZeros) { DATA, 8 }
        Name (TEXT, Buffer () { "\r\nhostile AML ran\r\n" })

        Method (_INI, 0, Serialized)
        {
            /* Without the NUL that ends the text. */
            For (Local0 = 0, Local0 < SizeOf (TEXT) - 1, Local0++)
            {
                DATA = DerefOf (TEXT [Local0])
            }
        }
    }
}
