"""The report of an audit: one page a batch, one page a forecast, each a file that needs nothing else."""
