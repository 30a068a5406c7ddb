"""The parts of revision 0001, as they were: later revisions change the tables, not these files."""
