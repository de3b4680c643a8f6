"""Forecast files of other systems, one module a format; the folder is the registry (`FORMAT`)."""
