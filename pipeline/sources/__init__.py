"""One module an instrument or catalogue: find its files, read one file into vocabulary units."""
