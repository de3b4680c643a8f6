"""Images as model inputs: read from the archive when a batch asks for them, never sooner."""
