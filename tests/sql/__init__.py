"""What only the SQL store promises."""
