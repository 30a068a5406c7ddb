"""The API as clients meet it: over the memory store and a gateway that moves no money."""
