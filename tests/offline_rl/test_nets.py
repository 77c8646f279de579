"""Networks with a seed axis: initial weights, critics of many actions, step sizes."""

import math

import pytest
import torch

from palaestra.offline_rl.nets import (
    MLP,
    Critics,
    Linear,
    adam,
    cosine_decay,
    expectile,
    initialise,
    layer_norm,
    minimise,
    orthogonal,
    set_lr,
)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(6, 32), (32, 6), (8, 8)])
def test_orthogonal_matrices_are_orthogonal_in_every_head(fan_in, fan_out):
    mlp = MLP(2, (fan_in, fan_out), heads=3)
    orthogonal(mlp, [0, 1], "critics", gain=2.0)
    weight = mlp.layers[0].weight
    product = weight @ weight.mT if fan_in <= fan_out else weight.mT @ weight
    torch.testing.assert_close(product, 4 * torch.eye(min(fan_in, fan_out)).expand(2, 3, -1, -1))
    assert not mlp.layers[0].bias.any()
    assert not torch.equal(weight[0, 0], weight[0, 1])


def test_a_seeds_orthogonal_weights_are_its_own():
    together, alone = MLP(3, (4, 8, 2)), MLP(1, (4, 8, 2))
    orthogonal(together, [4, 5, 6], "actor")
    orthogonal(alone, [6], "actor")
    for a, b in zip(together.layers, alone.layers):
        torch.testing.assert_close(a.weight[2], b.weight[0])


@pytest.mark.parametrize("norm_eps", [None, 1e-5])
def test_many_actions_are_judged_as_one_by_one(norm_eps):
    critics = Critics(2, 3, 2, (16, 16), heads=2, norm_eps=norm_eps).double()
    initialise(critics, [0, 1], "critics")
    generator = torch.Generator().manual_seed(0)
    s = torch.randn(2, 7, 3, generator=generator, dtype=torch.float64)
    a = torch.randn(2, 7, 5, 2, generator=generator, dtype=torch.float64)
    q = critics.q_of_actions(s, a)
    assert q.shape == (2, 2, 7, 5)
    for i in range(5):
        torch.testing.assert_close(q[..., i], critics(s, a[:, :, i]))


@pytest.mark.parametrize("one_by_one", [False, True])
def test_both_ways_to_normalise_are_as_pytorchs_module(one_by_one):
    generator = torch.Generator().manual_seed(0)
    x, scale, shift, up = (
        torch.randn(3, rows, 6, generator=generator, dtype=torch.float64, requires_grad=True) for rows in (5, 1, 1, 5)
    )
    ours = layer_norm(x, scale, shift, 1e-3, one_by_one)
    ours.backward(up)
    for k in range(3):
        module = torch.nn.LayerNorm(6, eps=1e-3, dtype=torch.float64)
        module.load_state_dict({"weight": scale[k, 0].detach(), "bias": shift[k, 0].detach()})
        x_k = x[k].detach().requires_grad_()
        theirs = module(x_k)
        theirs.backward(up[k])
        torch.testing.assert_close(ours[k], theirs)
        torch.testing.assert_close(x.grad[k], x_k.grad)
        torch.testing.assert_close(scale.grad[k, 0], module.weight.grad)
        torch.testing.assert_close(shift.grad[k, 0], module.bias.grad)


def test_hidden_outputs_are_multiplied_by_factors():
    mlp = MLP(1, (3, 4, 4, 2))
    initialise(mlp, [0], "mlp")
    x = torch.ones(1, 5, 3)
    nothing = [torch.ones(1, 5, 4), torch.zeros(1, 5, 4)]
    torch.testing.assert_close(mlp(x, factors=nothing), mlp.layers[-1].bias[0].expand(1, 5, 2))
    torch.testing.assert_close(mlp(x, factors=[torch.ones(1, 5, 4)] * 2), mlp(x))


def test_expectiles_weigh_the_sides_differently():
    u = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(expectile(u, 0.7), torch.tensor([0.3 * 4, 0.0, 0.7 * 9], dtype=torch.float64))


def test_a_scheduled_step_size_is_the_one_that_is_taken():
    mlp = MLP(1, (1, 1))
    mlp.layers[0].weight.data.zero_()
    optimiser = adam(mlp, 1e-3, scheduled=True)
    for parameter in mlp.parameters():
        parameter.grad = torch.ones_like(parameter)
    for lr, expected in ((1e-2, -1e-2), (1e-3, -1.1e-2)):
        set_lr(optimiser, lr)
        optimiser.step()
        assert mlp.layers[0].weight.item() == pytest.approx(expected, rel=1e-5)


def test_the_cosine_goes_from_one_to_zero():
    assert cosine_decay(1, 4) == 1
    assert cosine_decay(3, 4) == pytest.approx(0.5)
    assert cosine_decay(4, 4) == pytest.approx(0.5 * (1 - math.sqrt(0.5)))
    assert cosine_decay(9, 4) == pytest.approx(0)


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_transposed_gradient_moves_the_parameter_that_it_belongs_to(scheduled):
    module = torch.nn.Module()
    module.weight = torch.nn.Parameter(torch.zeros(2, 3))
    direction = torch.tensor([[1.0, -1.0], [0.0, 1.0], [-1.0, 0.0]])
    loss = (module.weight.mT * direction).sum()
    (gradient,) = torch.autograd.grad(loss, [module.weight], retain_graph=True)
    assert not gradient.is_contiguous()
    minimise(loss, adam(module, 0.1, scheduled=scheduled))
    # Adam's first step is the step size against the gradient's sign.
    torch.testing.assert_close(module.weight.detach(), -0.1 * direction.mT)


@pytest.mark.parametrize("heads", [1, 2, 5])
def test_columns_are_multiplied_as_matrices(heads):
    layer = Linear(3, heads, 8, 1)
    initialise(layer, [0, 1, 2], "columns")
    x = torch.randn(3 * heads, 7, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    batched = torch.baddbmm(layer.bias.flatten(0, 1), x, layer.weight.flatten(0, 1))
    torch.testing.assert_close(layer(x), batched)
    inputs = [x, layer.weight, layer.bias]
    for one, other in zip(
        torch.autograd.grad(layer(x).square().sum(), inputs), torch.autograd.grad(batched.square().sum(), inputs)
    ):
        torch.testing.assert_close(one, other)
