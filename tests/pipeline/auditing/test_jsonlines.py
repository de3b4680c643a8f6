import json

import numpy as np
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sunproof.pipeline.auditing.jsonlines import Encoded, lines_of


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1, max_size=5),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_text_and_number_stays_canonical(texts, number):
    size = len(texts)
    tree = {
        "text": np.array(texts, dtype=object),
        "%number": np.full(size, number),
        "count": np.arange(size),
        "pair": [np.array(texts, dtype=object), Encoded(["null"] * size)],
    }
    for text, line in zip(texts, lines_of(tree, size), strict=True):
        assert rfc8785.dumps(json.loads(line)) == line.encode()
        assert json.loads(line)["text"] == text
