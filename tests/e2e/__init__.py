"""The whole of Estuary as its users run it: real processes, real HTTP, real databases."""
