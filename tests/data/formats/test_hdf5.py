import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.formats import hdf5


def stored(path, array, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=array, **options)
    return h5py.File(path)


def read(file, dtype=None):
    return hdf5.read({"x": (file["x"], dtype or file["x"].dtype)})["x"]


LAYOUTS = {
    "contiguous": {},
    "chunked": {"chunks": True},
    "gzip": {"compression": "gzip"},
    "gzip 9": {"compression": "gzip", "compression_opts": 9},
    "shuffled": {"compression": "gzip", "shuffle": True},
    "lzf": {"compression": "lzf"},
    "checksums": {"compression": "gzip", "fletcher32": True},
    "resizable": {"maxshape": (None, 7), "compression": "gzip"},
}


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "u1", "?", ">f4"])
def test_equal_to_h5py_whatever_the_layout(tmp_path, options, dtype):
    array = (np.random.default_rng(0).normal(size=(5000, 7)) * 50).astype(dtype)
    with stored(tmp_path / "x.hdf5", array, **options) as file:
        assert np.array_equal(read(file), file["x"][:])


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 12), st.integers(1, 3000), st.integers(1, 12), st.booleans())
def test_equal_to_h5py_whatever_the_chunks(tmp_path_factory, rows, columns, chunk_rows, chunk_columns, shuffle):
    array = np.random.default_rng(rows).normal(size=(rows, columns)).astype(np.float32)
    chunks = (min(rows, chunk_rows), min(columns, chunk_columns))
    path = tmp_path_factory.mktemp("chunks") / "x.hdf5"
    with stored(path, array, chunks=chunks, compression="gzip", shuffle=shuffle) as file:
        assert np.array_equal(read(file), array)


def test_one_dimension_and_none_at_all(tmp_path):
    with stored(tmp_path / "x.hdf5", np.arange(30_000), compression="gzip") as file:
        assert np.array_equal(read(file), np.arange(30_000))
    with stored(tmp_path / "empty.hdf5", np.empty((0, 3))) as file:
        assert read(file).shape == (0, 3)


def test_converted_on_the_way(tmp_path):
    array = np.random.default_rng(0).normal(size=(3000, 5))
    with stored(tmp_path / "x.hdf5", array, compression="gzip") as file:
        assert np.array_equal(read(file, np.dtype(np.float32)), array.astype(np.float32))


def test_chunks_never_written_hold_the_fill_value(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        dataset = file.create_dataset("x", (10_000, 4), "f4", chunks=(1000, 2), compression="gzip", fillvalue=7)
        dataset[2500:3500] = 1
        expected = dataset[:]
        assert np.array_equal(read(file), expected)


def test_a_chunk_stored_without_its_filter(tmp_path):
    array = np.arange(4000, dtype=np.float32).reshape(2000, 2)
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        dataset = file.create_dataset("x", (2000, 2), "f4", chunks=(1000, 2), compression="gzip")
        dataset[:] = array
        dataset.id.write_direct_chunk((1000, 0), (array[1000:] * 2).tobytes(), filter_mask=1)
        assert np.array_equal(read(file), np.concatenate([array[:1000], array[1000:] * 2]))


def test_damaged_chunks_are_an_error(tmp_path):
    path = tmp_path / "x.hdf5"
    array = np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32)
    with stored(path, array, chunks=(1000, 2), compression="gzip") as file:
        where = file["x"].id.get_chunk_info(3).byte_offset
    content = bytearray(path.read_bytes())
    content[where + 100 : where + 200] = bytes(100)
    path.write_bytes(content)
    with h5py.File(path) as file, pytest.raises(OSError, match="read"):
        read(file)
