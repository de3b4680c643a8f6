"""Watching the stream of forecasts for what no single forecast shows."""
