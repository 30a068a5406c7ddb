"""`kill -9` at every step of what moves money: the steps are recorded, never listed by hand."""
