"""Raw files into the archive: quality, calibration, parallel reading, receipts."""
