"""The checker checked: planted faults, and hard but good cases that must pass."""
