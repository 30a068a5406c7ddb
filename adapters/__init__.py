"""Everything outside: each adapter implements a port, or drives the use cases."""
