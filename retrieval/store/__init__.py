"""The library of passages in Qdrant, embedded or on a server; the only code that knows Qdrant."""
