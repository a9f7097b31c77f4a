"""`novel models`: what can be drawn with, and that it is true with no GPU and no network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from novel.render import machine
from novel.render.checkpoint_table import CHECKPOINTS, SHORTCUTS
from novel.render.families import resolve
from novel.render.family_table import FAMILIES
from novel.render.machine import Device, Machine
from novel.render.offer import offers

GIGA = 10**9
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache of the test's own."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fetch(cache: Path, hub_id: str) -> Path:
    """Lay the embedded model into the cache under a name."""
    _, source = resolve("embedded")
    assert source.folder is not None
    repository = cache / f"models--{hub_id.replace('/', '--')}"
    shutil.copytree(source.folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return repository / "snapshots" / COMMIT


def test_it_lists_all_and_opens_no_socket_and_loads_nothing(novel, tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = no\n"
        "from novel.cli import main\n"
        "main(['models'])\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'diffusers', 'transformers', 'peft'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Draws on ")
    assert lines[-1] == "[]"
    named = [line.split()[0] for line in lines if line]
    assert named.index("embedded") < min(named.index(hub_id) for hub_id in CHECKPOINTS)
    for name in {family.name for family in FAMILIES.values()}:
        assert any(line.startswith(name) for line in lines)
    for shortcut in SHORTCUTS:
        assert any(shortcut.file in line for line in lines)


def test_as_json_it_tells_everything(novel) -> None:
    done = novel("models", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    first, *others = told["models"]
    assert (first["name"], first["here"], first["fit"], first["family"]) == (
        "embedded",
        "yes",
        "whole",
        "Stable Diffusion",
    )
    assert [other["name"] for other in others] == list(CHECKPOINTS)
    assert all(other["here"] == "no" and "hf download" in other["fetch"] for other in others)
    assert told["machine"]["devices"][-1]["kind"] == "cpu"
    assert {family["name"]: family["references"] for family in told["families"]}["FLUX.1 Kontext"] == "edit"


def test_of_one_family_it_tells_all(novel) -> None:
    done = novel("models", "--family", "z-image")
    assert done.returncode == 0
    assert "ZImageImg2ImgPipeline" in done.stdout
    assert f"hf download Tongyi-MAI/Z-Image --revision {CHECKPOINTS['Tongyi-MAI/Z-Image'].revision}" in done.stdout
    assert "FLUX" not in done.stdout
    wrong = novel("models", "--family", "Midjourney")
    assert wrong.returncode == 2
    assert "Z-Image" in wrong.stderr


def gpu(gigabytes: int, memory: int = 64) -> Machine:
    return Machine(
        (
            Device("cuda", "A GPU", gigabytes * GIGA, gigabytes * GIGA),
            Device("cpu", "a processor", memory * GIGA, memory * GIGA),
        )
    )


def fits(there: Machine, hub_id: str) -> str:
    return next(offer.fit for offer in offers(there) if offer.name == hub_id)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (gpu(80), ["whole", "whole", "whole"]),
        (gpu(48), ["whole", "whole", "offload"]),
        (gpu(28), ["whole", "offload", "no"]),
        (gpu(12, memory=16), ["whole", "no", "no"]),
        (Machine((Device("cpu", "a processor", 128 * GIGA, 100 * GIGA),)), ["whole", "whole", "no"]),
        (Machine((Device("cpu", "a processor", 8 * GIGA, 4 * GIGA),)), ["no", "no", "no"]),
    ],
)
def test_what_fits_follows_the_free_memory(there: Machine, expected: list[str]) -> None:
    asked = ("stabilityai/stable-diffusion-xl-base-1.0", "black-forest-labs/FLUX.1-dev", "Qwen/Qwen-Image")
    assert [fits(there, hub_id) for hub_id in asked] == expected
    assert fits(there, "embedded") == "whole"


def test_what_is_in_the_cache_is_here(cache: Path) -> None:
    known, own = "stabilityai/sdxl-turbo", "somebody/their-own"
    fetch(cache, known)
    snapshot = fetch(cache, own)
    (cache / "models--somebody--words" / "snapshots" / COMMIT).mkdir(parents=True)
    found = {offer.name: offer for offer in offers(gpu(24))}
    assert (found[known].here, found[known].revision, found[own].here) == ("yes", COMMIT, "yes")
    assert found[own].family.name == "Stable Diffusion"
    assert found[own].gigabytes == pytest.approx(found["embedded"].gigabytes)
    assert "somebody/words" not in found
    (fetch(cache, "Qwen/Qwen-Image") / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    (snapshot / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    found = {offer.name: offer for offer in offers(gpu(24))}
    assert found["Qwen/Qwen-Image"].here == "partly"
    assert "vae/diffusion_pytorch_model.safetensors" in found["Qwen/Qwen-Image"].fault
    assert own not in found


def test_a_container_has_no_more_memory_than_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 64000000 kB\nMemFree: 1 kB\nMemAvailable: 32000000 kB\n")
    assert machine._memory(tmp_path) == (64000000 * 1024, 32000000 * 1024)
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("max\n")
    assert machine._memory(tmp_path) == (64000000 * 1024, 32000000 * 1024)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text(f"{4 << 30}\n")
    (tmp_path / "sys/fs/cgroup/memory.current").write_text(f"{1 << 30}\n")
    assert machine._memory(tmp_path) == (4 << 30, 3 << 30)


def test_a_gpu_is_of_no_use_to_a_torch_made_without(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Device("cuda", "A GPU", 24 * GIGA, 20 * GIGA)
    monkeypatch.setattr(machine, "_nvidia", lambda: (found,))
    for version, first in (("2.13.0+cpu", "cpu"), ("2.13.0+cu130", "cuda"), ("2.13.0", "cuda")):
        monkeypatch.setattr(machine, "version", lambda name, version=version: version)
        here = machine.this_machine()
        assert here.devices[0].kind == first
        assert ("made without CUDA" in here.note) == (first == "cpu")
        assert here.devices[-1].kind == "cpu"
