"""Forecasts that cost nothing: one module each, ``BASELINE``; every evaluation prints them beside the model."""
