"""What every adapter of a port promises, proved for each of them."""
