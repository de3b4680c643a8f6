"""Patches of the Sun of any size, lossless, one group a component (docs/archive.md, section 10)."""
