"""Why the model said it: attribution with its own error."""
