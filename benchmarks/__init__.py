"""Measurements beside the raw databases, printed as ratios. Run them with `make bench`."""
