import json

import numpy as np
import pytest

from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import canonical


def test_columns_come_back_with_type_dimensions_and_gaps(written):
    path, _, forecasts = written
    again = rebuild(path)
    assert set(again.data_vars) == set(forecasts.data_vars)
    np.testing.assert_array_equal(again["probability"], forecasts["probability"])
    np.testing.assert_array_equal(again["issue_time"], forecasts["issue_time"])
    np.testing.assert_allclose(again["usflux"], forecasts["usflux"], rtol=1e-8)
    assert again["seq"].values.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.isnan(again["probability"].values[5]).all()


def test_certificates_that_do_not_tell_their_columns_are_refused(written):
    lines = written[0].read_bytes().splitlines()
    header = {name: value for name, value in json.loads(lines[0]).items() if name != "columns"}
    written[0].write_bytes(b"\n".join([canonical(header), *lines[1:]]) + b"\n")
    with pytest.raises(InputError, match=r"line 1: the certificates do not tell their columns.*Audit again"):
        rebuild(written[0])
