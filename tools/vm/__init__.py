# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual machines for the demo and the VM tests: see README.md in this folder."""
