"""Maps of attributions: asked of the model, kept beside the certificates, laid over the images they explain."""
