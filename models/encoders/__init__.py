"""One module a kind of input; the folder is the registry."""
