"""Virtual machines for the demo and the VM tests: see README.md in this folder."""
