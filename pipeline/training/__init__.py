"""Samples into a model bundle: training, calibration on validation, export."""
