"""The embedded model: a small text-to-image diffusion model of our own, an ordinary diffusers folder.

Importing this package imports neither torch nor Pillow.
"""

from pathlib import Path

#: The folder that ``DiffusionPipeline.from_pretrained`` loads.
WEIGHTS: Path = Path(__file__).parent / "weights"

#: What it draws best with, as the model card's figures were measured: DDIM's steps, classifier-free guidance, and the
#: share by which that is rescaled.
STEPS, GUIDANCE, RESCALE = 20, 3.0, 0.5
