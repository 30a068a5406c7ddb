"""The reference implementation of the ports: everything in this process, for tests and demos."""
