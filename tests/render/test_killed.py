"""A render that is killed at any moment goes on where it was, and ends with the bytes of an undisturbed one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

RENDER = """
import sys, time
from pathlib import Path
from novel.render.engine import render_all
from novel.render.fake import FakeBackend
from novel.render.progress import PlainLines
from novel.request import Init, RenderRequest
from novel.store import Store

class Slow(FakeBackend):
    def render(self, request, init, step=None, mask=None):
        time.sleep(float(sys.argv[2]))
        return super().render(request, init, step)

def ask(number, init=None):
    return RenderRequest(backend="fake", model="m", prompt=str(number), negative="", width=64, height=32, seed=number,
                         steps=1, guidance=1.0, guidance_rescale=0.0, sampler="ddim", init=init)

requests, last = {}, None
for number in range(24):
    init = Init(kind="request", source=last.key, strength=0.5) if number % 3 else None
    last = requests[str(number)] = ask(number, init)
store = Store(Path(sys.argv[1]))
with store.lock(wait=10):
    report = render_all(requests, open_backend=lambda model: Slow(), store=store, assets={},
                        progress=PlainLines(sys.stdout))
print("all", report.rendered, report.from_store, flush=True)
"""


def start(store: Path, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RENDER, str(store), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def pictures(store: Path) -> dict[str, bytes]:
    """Each entry's payload by its file's name; what was measured beside it differs from run to run."""
    return {p.name: p.read_bytes().partition(b"\x89PNG")[2] for p in sorted(store.glob("entries/*/*.entry"))}


def test_what_was_finished_is_kept_and_the_end_is_the_same(tmp_path: Path) -> None:
    undisturbed, _ = start(tmp_path / "one", 0.0).communicate(timeout=120)
    assert undisturbed.endswith("all 24 0\n")
    finished = 0
    for kill in range(6):
        process = start(tmp_path / "two", 0.03)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(2 + kill % 3)]  # The first line tells how many are left.
        time.sleep(0.007 * kill)
        process.kill()
        rest, _ = process.communicate()
        assert "Traceback" not in "".join(told) + rest
        kept = len(list((tmp_path / "two").glob("entries/*/*.entry")))
        said = sum(": " in line for line in [*told, *rest.splitlines()])
        # A picture is said to be done once it is in the store; at most one more may have got there.
        assert finished + said <= kept <= finished + said + 1
        finished = kept
    output, _ = start(tmp_path / "two", 0.0).communicate(timeout=120)
    assert output.endswith(f"all {24 - finished} {finished}\n")
    assert pictures(tmp_path / "one") == pictures(tmp_path / "two")
    assert len(pictures(tmp_path / "one")) == 24
    assert not list(tmp_path.rglob("*.tmp"))
