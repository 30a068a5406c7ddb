"""What clients are shown of the domain's records: an allow-list, field by field."""
