"""One module a family of checks; the folder is the registry."""
