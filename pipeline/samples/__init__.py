"""The archive into samples: flare catalogue, labels, splits, leak audit, tensors.

What other rooms call:

- ``labels.run(config)`` writes samples; ``labels.label(...)`` is its core on arrays.
- ``features.build(archive, keys, config) -> Inputs``: ``Inputs.modalities[name] = (values, mask)``,
  ``Inputs.names[name]``, ``Inputs.latest[name]``. ``keys`` is a dataset (samples or forecasts) with ``harpnum``,
  ``noaa_ar``, ``issue_time``, ``data_cutoff`` and ``entity``; ``config`` is a ``config.InputConfig``.
- ``evidence.evidence(archive, keys, config) -> dict`` of vocabulary variables for the checks.
- ``dataset.SampleData(archive, samples, inputs, batch_size, seed)``: LightningDataModule; a batch is a mapping with
  ``inputs`` (modality -> (values, mask)), ``event`` (sample, threshold, window; NaN unknown), ``flare_count`` and
  ``largest_flux`` (sample, window; NaN unknown) and ``index`` (row of the samples file).
- ``leaks.audit(samples, inputs, normaliser_digest, ...)`` raises ``LeakError``; ``leaks.training_digest(samples)`` is
  what a normaliser's receipt must carry.
"""
