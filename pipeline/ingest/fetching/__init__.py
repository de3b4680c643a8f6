"""Downloads: what to get, from where, patiently, and whether what arrived is what was asked for."""
