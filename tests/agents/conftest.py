import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Commands in this process set torch's number of threads, on which the last bits of later tests depend."""
    yield
    torch.set_num_threads(1)
