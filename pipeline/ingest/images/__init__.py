"""Images into the archive: one group a channel, one clock and one grid a product, whole blocks of time."""
