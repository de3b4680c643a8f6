"""Images of the synthetic Sun: who looks from where, what the corona and the magnetic field look like, FITS files."""
