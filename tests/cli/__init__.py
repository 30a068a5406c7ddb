"""The command line, as its users run it: real processes, exit statuses and what they print."""
