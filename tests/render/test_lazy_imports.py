"""Until a picture is really needed, nothing heavy is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "diffusers", "transformers", "peft", "huggingface_hub", "numpy", "safetensors", "PIL", "rich")

SCRIPT = f"""
import sys
from pathlib import Path
{{lines}}
found = sorted(set({HEAVY}) & set(sys.modules))
assert not found, found
"""

IMPORTS = """
from novel.render import adapters, backend, engine, fake, families, family_table, model_folder, own_picture
from novel.render import checkpoint_table, machine, offer, prompt_limit, reference_pictures, references
from novel.render import png, progress, resize, run, safetensors_header
from novel import hub_cache, store
"""

RESOLVE = """
from novel.render.families import check_requests, resolve
spec, source = resolve("embedded")
check_requests([], source)
"""

ALL_IN_THE_STORE = """
import io, json
from novel.render.engine import render_all
from novel.render.progress import make_progress
from novel.request import RenderRequest
from novel.store import Store
request = RenderRequest(backend="diffusers", model="m", prompt="p", negative="", width=8, height=8, seed=1, steps=1,
                        guidance=1.0, guidance_rescale=0.0, sampler="ddim")
store = Store(Path(sys.argv[1]))
store.put(request.key, b"a picture", {"width": 8, "height": 8, "subjects": [], "recipe": {}, "seconds": 1.0})
report = render_all({"a": request}, open_backend=lambda model: sys.exit("opened"), store=store, assets={},
                    progress=make_progress())
assert report.from_store == 1
"""


@pytest.mark.parametrize("lines", [IMPORTS, RESOLVE, ALL_IN_THE_STORE], ids=["imports", "resolve", "all-in-the-store"])
def test_nothing_heavy_is_imported(lines: str, tmp_path: Path) -> None:
    script = SCRIPT.replace("{lines}", lines)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
