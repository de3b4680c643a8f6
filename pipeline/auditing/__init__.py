"""Forecasts into verdicts: findings, certificates, report."""
