"""Training in several processes: they stay one model, and one of them keeps it."""

from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from novel.embedded.training import parallel  # noqa: E402
from novel.embedded.training.stand import Stand  # noqa: E402


def _learn(folder: Path, rank: int, workers: int) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    stand = Stand(folder / f"{rank}.pt", 1000.0, rank, workers)
    # Clocks that disagree: what each learns at must be the first one's all the same.
    stand.before = 300.0 * rank
    for step in range(5):
        x = torch.full((3, 2), float(rank + step))
        stand.learn(model(x).square().mean(), optimizer, list(model.parameters()), 0.1)
    stand.save(model, optimizer)
    torch.save(model.state_dict(), folder / f"weights-{rank}")
    torch.save(stand.gone, folder / f"gone-{rank}")


def test_processes_that_see_different_pictures_stay_one_model_and_one_saves_it(tmp_path):
    parallel.launch(2, partial(_learn, tmp_path))
    first, second = (torch.load(tmp_path / f"weights-{rank}") for rank in (0, 1))
    assert all((first[name] == second[name]).all() for name in first)
    assert torch.load(tmp_path / "gone-0") == torch.load(tmp_path / "gone-1") < 0.3
    assert (tmp_path / "0.pt").exists()
    assert not (tmp_path / "1.pt").exists()


def test_one_process_needs_nobody_to_agree_with():
    seen = []
    parallel.launch(1, lambda rank, workers: seen.append((rank, workers)))
    assert seen == [(0, 1)]
    assert parallel.of_first(0.25, 1) == 0.25
    assert parallel.agree(False, 1) is False


def test_one_process_alone_has_one_thread_and_leaves_the_others_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen = []
        parallel.launch(1, lambda rank, workers: seen.append(torch.get_num_threads()))
        assert seen == [1]
        with pytest.raises(ZeroDivisionError):
            parallel.launch(1, lambda rank, workers: 1 // 0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
