"""From files to passages in the library: read, split, encode, store."""
