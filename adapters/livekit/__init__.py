"""Online rooms through LiveKit."""
