"""One reader per file format: bytes to a title and blocks of text."""
