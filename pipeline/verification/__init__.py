"""Forecasts against what the Sun did: scores, baselines, bootstrap, evaluation."""
