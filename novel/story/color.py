"""Colours as a writer names them: a CSS name or ``#rgb``, ``#rrggbb``."""

from __future__ import annotations

import re

# The 16 colours of HTML 4, and those CSS names that paper and ink are wanted in.
NAMES = {
    "white": "#ffffff", "black": "#000000", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0",
    "red": "#ff0000", "maroon": "#800000", "yellow": "#ffff00", "olive": "#808000", "lime": "#00ff00",
    "green": "#008000", "aqua": "#00ffff", "cyan": "#00ffff", "teal": "#008080", "blue": "#0000ff", "navy": "#000080",
    "fuchsia": "#ff00ff", "magenta": "#ff00ff", "purple": "#800080", "orange": "#ffa500", "gold": "#ffd700",
    "brown": "#a52a2a", "crimson": "#dc143c", "indigo": "#4b0082", "violet": "#ee82ee", "pink": "#ffc0cb",
    "salmon": "#fa8072", "coral": "#ff7f50", "tomato": "#ff6347", "khaki": "#f0e68c", "beige": "#f5f5dc",
    "ivory": "#fffff0", "snow": "#fffafa", "linen": "#faf0e6", "wheat": "#f5deb3", "tan": "#d2b48c",
    "lavender": "#e6e6fa", "plum": "#dda0dd", "turquoise": "#40e0d0", "skyblue": "#87ceeb", "lightblue": "#add8e6",
    "steelblue": "#4682b4", "royalblue": "#4169e1", "midnightblue": "#191970", "darkblue": "#00008b",
    "darkgreen": "#006400", "forestgreen": "#228b22", "lightgreen": "#90ee90", "darkred": "#8b0000",
    "lightyellow": "#ffffe0", "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3", "darkgray": "#a9a9a9",
    "darkgrey": "#a9a9a9", "dimgray": "#696969", "dimgrey": "#696969", "whitesmoke": "#f5f5f5",
    "gainsboro": "#dcdcdc", "slategray": "#708090", "slategrey": "#708090", "darkslategray": "#2f4f4f",
    "antiquewhite": "#faebd7", "aliceblue": "#f0f8ff", "mintcream": "#f5fffa", "seashell": "#fff5ee",
    "cornsilk": "#fff8dc", "lemonchiffon": "#fffacd", "mistyrose": "#ffe4e1", "papayawhip": "#ffefd5",
}  # fmt: skip
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def hex_of(color: str) -> str | None:
    """A colour as ``#rrggbb`` in lower case; None for a text that names none."""
    text = color.strip().lower()
    if text in NAMES:
        return NAMES[text]
    if not _HEX.fullmatch(text):
        return None
    return text if len(text) == 7 else "#" + "".join(2 * digit for digit in text[1:])
