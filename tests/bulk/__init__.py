"""Everything that a store holds, on its way to another store, to files, and out of sight."""
