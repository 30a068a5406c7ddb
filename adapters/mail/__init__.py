"""Mail: what dispatches become, by templates, and the log as a post office."""
