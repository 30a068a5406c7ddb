"""The HTTP API: strict edges around the use cases, answers that say what happened."""
