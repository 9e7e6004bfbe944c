"""How the bundled models are made, and how to fine-tune an encoder on one's own library."""
