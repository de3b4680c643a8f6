"""One module a family of faults; the folder is the registry (`PLANTS`)."""
