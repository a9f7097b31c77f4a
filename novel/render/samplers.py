"""The named samplers, made from a model's own scheduler so that its noise schedule and prediction type stay as
trained."""

from __future__ import annotations

from typing import Any

from novel.errors import MissingError

_UNET = {
    "euler": "EulerDiscreteScheduler",
    "euler-a": "EulerAncestralDiscreteScheduler",
    "ddim": "DDIMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "unipc": "UniPCMultistepScheduler",
    "lcm": "LCMScheduler",
}
_FLOW = {"flow": "FlowMatchEulerDiscreteScheduler", "euler": "FlowMatchEulerDiscreteScheduler"}
"""Flow-matching models have a straight path to follow, and their pipelines ask their scheduler for things (a shift by
the picture's size, noise scaled for a start from a picture) that only this one has."""


def make_sampler(name: str, scheduler: Any, *, few_steps: bool = False) -> Any:
    """A fresh scheduler of diffusers for a sampler's name. ``scheduler`` is the one that came with the model.

    ``few_steps``: the model was distilled for few steps, which start from pure noise ("trailing" in diffusers' words;
    the model card of SDXL-Lightning asks for it), whatever the base's own schedule does.

    Fresh, because multistep samplers carry state from step to step, and a picture must not depend on the one before.
    ``euler`` and the others handle a terminal signal-to-noise ratio of zero by themselves: diffusers puts 2⁻²⁴ in its
    place, which keeps the first sigma finite. Karras' sigmas are not used: with such a schedule they spend most of the
    steps on pure noise, and colours go wrong. Raises MissingError where the model can't be sampled so.
    """
    import diffusers

    config = scheduler.config
    flow = "FlowMatch" in type(scheduler).__name__ or config.get("prediction_type") == "flow_prediction"
    class_name = (_FLOW if flow else _UNET).get(name)
    if class_name is None:
        raise MissingError(
            f"This model can't be sampled with {name!r}.", f"Take one of: {', '.join(_FLOW if flow else _UNET)}."
        )
    spacing = {"timestep_spacing": "trailing"} if few_steps and not flow else {}
    return getattr(diffusers, class_name).from_config(config, **spacing)
