"""Everything that thinks: encoders, head, physics, constraints and attribution."""

if __name__ != "sunproof.models":
    raise ImportError(
        f"this package was imported as {__name__!r}; it is 'sunproof.models'. "
        "Install the repository (pip install -e .) and import sunproof.models."
    )
