"""What the core needs from the world, as Protocols that speak the domain's types."""
