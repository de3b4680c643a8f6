"""Everything that moves data: from raw files to audited, verified forecasts."""

if __name__ != "sunproof.pipeline":
    raise ImportError(
        f"this package was imported as {__name__!r}; it is 'sunproof.pipeline'. "
        "Install the repository (pip install -e .) and import sunproof.pipeline."
    )
