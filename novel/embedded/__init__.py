"""The embedded model: a small text-to-image diffusion model of our own, an ordinary diffusers folder.

Importing this package imports neither torch nor Pillow.
"""

from pathlib import Path

#: The folder that ``DiffusionPipeline.from_pretrained`` loads.
WEIGHTS: Path = Path(__file__).parent / "weights"
