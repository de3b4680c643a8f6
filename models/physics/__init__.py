"""Pure functions: magnetic field, energy, X-ray flux, flare statistics, rotation."""
