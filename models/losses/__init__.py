"""What physics asks of a model in training, one module a demand; the folder is the registry (`LOSS`)."""
