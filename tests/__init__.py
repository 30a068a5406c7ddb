"""The specification: what the domain rules, what every adapter promises, what the edges accept."""
