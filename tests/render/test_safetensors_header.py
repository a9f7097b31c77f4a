"""A header is read whole and judged; whatever bytes come, nothing but the three named errors goes out."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_samples import write_safetensors

from novel.errors import FileError, RefusedError
from novel.render.safetensors_header import IncompleteFile, read_header


def test_names_and_shapes_are_those_that_the_library_reads(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {
        "a.weight": torch.zeros(3, 4),
        "b": torch.zeros(2, 1, 3, dtype=torch.bfloat16),
        "scalar": torch.tensor(1),
    }
    save_file(tensors, tmp_path / "x.safetensors", metadata={"made by": "a test"})
    header = read_header(tmp_path / "x.safetensors")
    assert header.shapes == {name: tuple(t.shape) for name, t in load_file(tmp_path / "x.safetensors").items()}
    assert header.metadata == {"made by": "a test"}


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"not json",
        b'{"a": 1}',
        b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]}}',
        b'{"a": {"dtype": "X9", "shape": [], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}',
        b"[" * 5000,
    ],
)
def test_a_malformed_header_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    with pytest.raises(RefusedError):
        read_header(path)


def test_bytes_behind_the_tensors_are_refused(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "x.safetensors", {"a": (2,)})
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(RefusedError, match="more than"):
        read_header(path)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda data, tail: struct.pack("<Q", len(json.dumps(data))) + json.dumps(data).encode() + tail,
            st.recursive(
                st.none() | st.integers() | st.text(max_size=3), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
            ),
            st.binary(max_size=8),
        ),
    )
)
def test_no_bytes_lead_anywhere_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.safetensors"
    path.write_bytes(data)
    with contextlib.suppress(RefusedError, IncompleteFile, FileError):
        read_header(path)
