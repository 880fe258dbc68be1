"""The built-in Invent: the documented routes on this machine, for trying things out and for the tests."""
