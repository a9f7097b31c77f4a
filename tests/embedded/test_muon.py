"""The optimiser of the denoiser's matrices."""

from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from novel.embedded.training import denoiser, muon, parallel  # noqa: E402

SHAPES = ((12, 7, 3, 3), (16, 16), (5, 20))


@pytest.mark.parametrize("shape", [(40, 40), (24, 200), (200, 24)])
def test_all_directions_come_out_about_as_long(shape):
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    lopsided = u @ torch.diag(torch.logspace(0, -1.3, len(v))) @ v
    after = torch.linalg.svdvals(muon.orthogonal(lopsided).float())
    assert after.max() < 1.4
    assert after.min() > 0.5


def test_no_gradient_is_no_step_of_its_own():
    assert torch.equal(muon.orthogonal(torch.zeros(4, 6)), torch.zeros(4, 6, dtype=torch.bfloat16))


def _learn(folder: Path, rank: int, workers: int) -> None:
    """Ten steps to kernels and matrices that each process sees some rows of."""
    torch.manual_seed(0)
    wanted = [torch.randn(s) for s in SHAPES]
    params = [torch.nn.Parameter(torch.zeros(s)) for s in SHAPES]
    optimizer = muon.Muon(params, lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        torch.stack([(p - w).square().mean() for p, w in zip(params, wanted, strict=True)]).sum().backward()
        parallel.average_gradients(params, workers)
        optimizer.step()
    torch.save([p.detach() for p in params], folder / f"{workers}-{rank}")


def test_processes_that_share_the_work_make_what_one_alone_makes(tmp_path):
    for workers in (1, 2):
        parallel.launch(workers, partial(_learn, tmp_path))
    alone, first, second = (torch.load(tmp_path / name) for name in ("1-0", "2-0", "2-1"))
    for a, b, c in zip(alone, first, second, strict=True):
        assert torch.equal(b, c)
        assert torch.allclose(a, b, atol=1e-3)
        assert a.abs().max() > 0.1


def test_a_step_is_as_long_as_one_of_adamw_whatever_the_gradient():
    for size in (1e-4, 1e4):
        p = torch.nn.Parameter(torch.zeros(64, 32))
        optimizer = muon.Muon([p], lr=1.0)
        torch.manual_seed(1)
        p.grad = torch.randn(64, 32) * size
        optimizer.step()
        # AdamW's usual step has a root mean square of 0.2 to 0.4.
        assert 0.15 < float(p.detach().square().mean().sqrt()) < 0.4


def test_every_weight_of_a_denoiser_has_one_optimiser():
    model = denoiser.build(widths=(16, 32, 32))
    inner, outer = muon.split(model)
    others = [p for part in outer.values() for p in part]
    assert {id(p) for p in inner} | {id(p) for p in others} == {id(p) for p in model.parameters()}
    assert len(inner) + len(others) == len(list(model.parameters()))
    held = {id(p) for p in inner}
    assert id(model.mid_block.resnets[0].conv1.weight) in held
    assert id(model.conv_in.weight) not in held
    assert id(model.conv_out.weight) not in held
    assert id(model.add_embedding.pool.positional_embedding) not in held
