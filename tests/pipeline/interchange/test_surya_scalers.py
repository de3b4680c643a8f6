import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.surya_scalers import Scaler, read_scalers

ENTRY = "{mean: 1.5, std: 2.0, epsilon: 1.0e-8, sl_scale_factor: 10.0, class: StandardScaler}"


def test_scaled_values_become_physical_again(tmp_path):
    (tmp_path / "scalers.yaml").write_text(f"aia171: {ENTRY}\nhmi_bz: {ENTRY}\n")
    scaler = read_scalers(tmp_path / "scalers.yaml")["hmi_bz"]
    assert scaler == Scaler(1.5, 2.0, 1e-8, 10.0)
    physical = np.array([-1500.0, 0.0, 3.0])
    # what the published models do to their inputs
    scaled = (np.sign(physical * 10) * np.log1p(np.abs(physical * 10)) - 1.5) / (2.0 + 1e-8)
    np.testing.assert_allclose(scaler.undo(scaled), physical, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aia171: {mean: 1, std: one}", r"aia171: scaler lacks numbers; got \['std', 'epsilon', 'sl_scale_factor'\]"),
        ("- 1", r"no scaler; got 'list'; wanted variable: {mean"),
    ],
)
def test_a_file_without_numbers_is_refused(tmp_path, text, message):
    (tmp_path / "scalers.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_scalers(tmp_path / "scalers.yaml")
