"""Mixing colours (``#rrggbb``) and telling how well they stand out against each other."""

from __future__ import annotations

import colorsys

from novel.layout.page import Color


def channels(color: Color) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mix(color: Color, other: Color, share: float) -> Color:
    """``color`` with ``share`` (0 to 1) of ``other`` in it."""
    mixed = (round(a + (b - a) * share) for a, b in zip(channels(color), channels(other), strict=True))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def luminance(color: Color) -> float:
    """The relative luminance, 0 to 1, by WCAG 2."""
    linear = []
    for channel in channels(color):
        share = channel / 255
        linear.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(color: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21, by WCAG 2."""
    lighter, darker = sorted((luminance(color), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def vivid(color: Color, strength: float) -> Color:
    """The same hue with its saturation multiplied by ``strength``; a grey stays a grey."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in channels(color)))
    full = colorsys.hls_to_rgb(
        hue, min(lightness, 0.72) if saturation > 0.05 else lightness, min(1.0, saturation * strength)
    )
    return "#" + "".join(f"{round(c * 255):02x}" for c in full)
