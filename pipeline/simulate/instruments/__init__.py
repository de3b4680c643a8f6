"""What looks at the synthetic Sun: one module an instrument; the folder is the registry (`INSTRUMENT`)."""
