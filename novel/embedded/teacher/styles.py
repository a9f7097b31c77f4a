"""The five drawing styles: how a flat colour is laid down, shaded and inked in each."""

from __future__ import annotations

from dataclasses import dataclass

from novel.embedded.teacher.palette import Colour, luma, mix, saturate


@dataclass(frozen=True, slots=True)
class Style:
    """What a style changes in the drawing.

    ``ink`` is the outline's width relative to the bright style (0 for none in the background),
    ``shade`` how deep the shadow side goes, ``dots`` whether shadows and skies are printed as dots,
    ``shift`` how far the colour plates miss the ink (pixels), ``border`` the paper left white around,
    ``toned`` how much of the light's colour (0 to 1) is laid over surroundings whose own colours it would not come
    through.
    """

    name: str
    ink: float
    ink_colour: Colour
    shade: float
    dots: bool = False
    shift: float = 0.0
    border: float = 0.0
    edge: bool = False
    gradients: bool = True
    toned: float = 0.0


STYLES: dict[str, Style] = {
    "bright": Style("bright", 1.0, (26, 20, 40), 0.74),
    "noir": Style("noir", 1.25, (0, 0, 0), 0.22, toned=0.6),
    "watercolor": Style("watercolor", 0.5, (90, 70, 66), 0.86, border=0.035, edge=True),
    "manga": Style("manga", 1.1, (10, 10, 12), 0.6, dots=True, gradients=False),
    "retro": Style("retro", 1.5, (58, 28, 30), 0.7, dots=True, shift=2.2, gradients=False, toned=0.4),
}

_RETRO: tuple[Colour, ...] = (
    (250, 236, 204),
    (236, 186, 74),
    (222, 92, 52),
    (176, 44, 50),
    (64, 140, 134),
    (44, 84, 112),
    (112, 148, 84),
    (120, 76, 56),
    (56, 42, 54),
    (232, 150, 140),
    (120, 84, 128),
    (160, 152, 136),
    (206, 162, 118),
    (240, 200, 164),
)


def _nearest(c: Colour, among: tuple[Colour, ...]) -> Colour:
    return min(among, key=lambda q: 3 * (q[0] - c[0]) ** 2 + 4 * (q[1] - c[1]) ** 2 + 2 * (q[2] - c[2]) ** 2)


def in_style(style: Style, c: Colour, near: bool) -> Colour:
    """The colour ``c`` as the style prints it; ``near`` marks people and what they hold."""
    match style.name:
        case "bright":
            return saturate(c, 1.12)
        case "noir":
            g = luma(c)
            g = min(1.0, max(0.0, (g - 0.34) * 1.45 + 0.24))
            base = mix((8, 9, 16), (226, 228, 236), g)
            return mix(base, saturate(c, 0.95), 0.72 if near else 0.10)
        case "watercolor":
            return mix(saturate(c, 0.95), (255, 250, 240), 0.08 if near else 0.20)
        case "manga":
            g = luma(c)
            v = round(255 * min(1.0, max(0.0, (g - 0.08) * 1.12)))
            return (v, v, v)
        case "retro":
            return mix(c, _nearest(c, _RETRO), 0.55 if near else 0.8)
        case _:
            return c
