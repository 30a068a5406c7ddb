"""`ports.archives`: newline-delimited JSON, one file for each kind, in a directory or a ZIP file."""
