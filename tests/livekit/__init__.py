"""Rooms through LiveKit."""
