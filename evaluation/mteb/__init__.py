"""The encoder and the whole search as models of the `mteb` package, and the command that runs its tasks."""
