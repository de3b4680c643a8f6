"""Other people's archives, read into our vocabulary; the folder is the registry of their kinds."""
