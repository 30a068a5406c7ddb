"""What only the MongoDB store promises, against a real server."""
