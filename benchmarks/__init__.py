"""Speed and scale, each against a named peer or limit in the same run."""
