"""The archive into samples: flare catalogue, labels, splits, leak audit, tensors."""
