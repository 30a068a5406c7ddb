"""The pure core of Estuary: domain rules and the use cases that apply them."""
