"""A bundle and the archive into forecasts: the forecast contract, batch runs, foreign formats."""
