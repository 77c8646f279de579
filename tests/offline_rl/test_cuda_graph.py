import pytest
import torch

from palaestra.agents.training.registry import find, names
from palaestra.data.errors import InputError
from palaestra.offline_rl.cuda_graph import GraphedUpdate

LEARNERS = sorted(names("offline_rl").keys() - {"lamo"})


def test_graph_mode_needs_cuda(dataset):
    kind = find("td3bc").learner
    with pytest.raises(InputError, match="needs a CUDA device"):
        GraphedUpdate(kind(kind.Config(device="cpu"), dataset))


@pytest.mark.gpu
@pytest.mark.parametrize("algorithm", LEARNERS)
def test_graphed_updates_equal_eager_ones(algorithm, dataset):
    kind = find(algorithm).learner
    eager, graphed = (kind(kind.Config(device="cuda", seeds=3), dataset) for _ in range(2))
    for learner in (eager, graphed):
        learner.prepare(40)
    update = GraphedUpdate(graphed)
    for _ in range(20):
        eager.update(eager.sample())
        update()
    a, b = eager.state_dict(), graphed.state_dict()
    for key in a:
        torch.testing.assert_close(torch.as_tensor(a[key]), torch.as_tensor(b[key]), rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.parametrize("algorithm", LEARNERS)
def test_updates_never_wait_for_the_gpu(algorithm, dataset):
    kind = find(algorithm).learner
    learner = kind(kind.Config(device="cuda", seeds=2), dataset)
    learner.prepare(40)
    for _ in range(4):
        learner.update(learner.sample())
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(4):
            learner.update(learner.sample())
    finally:
        torch.cuda.set_sync_debug_mode("default")
