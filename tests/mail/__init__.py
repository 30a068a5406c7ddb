"""Letters out of templates, and their way through a real SMTP server on loopback."""
