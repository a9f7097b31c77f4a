"""A drawing surface that knows its style: flat fills, a cel shadow, an ink outline of varied weight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import skia

from novel.embedded.teacher.palette import Colour, Light, darker, luma, mix, times
from novel.embedded.teacher.styles import Style, in_style

Point = tuple[float, float]


def _argb(c: Colour, a: int = 255) -> int:
    return (a << 24) | (c[0] << 16) | (c[1] << 8) | c[2]


@lru_cache(maxsize=64)
def _dots(c: Colour, radius: float, period: int) -> Any:
    """A shader of round dots on a grid that is locked to the picture's pixels."""
    tile = skia.Surface(period, period)
    canvas = tile.getCanvas()
    canvas.clear(0)
    paint = skia.Paint(AntiAlias=True, Color=_argb(c))
    for x, y in ((0, 0), (period, 0), (0, period), (period, period), (period / 2, period / 2)):
        canvas.drawCircle(x, y, radius, paint)
    image = tile.makeImageSnapshot()
    return image.makeShader(skia.TileMode.kRepeat, skia.TileMode.kRepeat)


def smooth(points: Sequence[Point], closed: bool = True) -> Any:
    """A path that runs smoothly through the points (Catmull-Rom turned into cubics)."""
    path = skia.Path()
    n = len(points)
    path.moveTo(*points[0])
    for i in range(n if closed else n - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % n] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(n - 1, max(0, i + k))] for k in (-1, 0, 1, 2))
        path.cubicTo(
            p1[0] + (p2[0] - p0[0]) / 6,
            p1[1] + (p2[1] - p0[1]) / 6,
            p2[0] - (p3[0] - p1[0]) / 6,
            p2[1] - (p3[1] - p1[1]) / 6,
            p2[0],
            p2[1],
        )
    if closed:
        path.close()
    return path


def polygon(points: Sequence[Point]) -> Any:
    """A closed path of straight sides."""
    path = skia.Path()
    path.moveTo(*points[0])
    for q in points[1:]:
        path.lineTo(*q)
    path.close()
    return path


class Pen:
    """Draws shapes in one style under one light.

    Colours are those of things in plain daylight: the pen applies the light's tint (``tint``, 0 for
    things that glow by themselves) and the style. ``near`` is set while people are drawn. Line widths
    are in pixels of the picture whatever the current scale.
    """

    def __init__(self, width: int, height: int, style: Style, light: Light) -> None:
        self.width, self.height, self.style, self.light = width, height, style, light
        self.surface = skia.Surface(width, height)
        self.canvas = self.surface.getCanvas()
        self.canvas.clear(0xFFFFFFFF)
        self.tint = 1.0
        self.near = False
        self.inked = 1.0
        self.scale = 1.0
        self._stack: list[float] = []
        red, green, blue = (1 + (k / max(light.tint) - 1) * style.toned for k in light.tint)
        self._hue = red, green, blue

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture, height × width × 3, 8 bits."""
        return np.ascontiguousarray(self.surface.toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3])

    # --- state -------------------------------------------------------------------------------------

    @contextmanager
    def at(self, x: float, y: float, scale: float = 1.0, flip: bool = False, turn: float = 0.0) -> Iterator[None]:
        """Draw in a frame of its own: origin at (x, y), one unit = ``scale``, mirrored, turned (degrees)."""
        self.canvas.save()
        self.canvas.translate(x, y)
        if turn:
            self.canvas.rotate(turn)
        self.canvas.scale(-scale if flip else scale, scale)
        self._stack.append(self.scale)
        self.scale *= scale
        try:
            yield
        finally:
            self.scale = self._stack.pop()
            self.canvas.restore()

    @contextmanager
    def mood(self, tint: float | None = None, near: bool | None = None, inked: float | None = None) -> Iterator[None]:
        """Change the strength of the light, the nearness and the ink for a while."""
        before = self.tint, self.near, self.inked
        self.tint = self.tint if tint is None else tint
        self.near = self.near if near is None else near
        self.inked = self.inked if inked is None else inked
        try:
            yield
        finally:
            self.tint, self.near, self.inked = before

    def tone(self, c: Colour) -> Colour:
        """The colour as it is put on paper here."""
        k = self.light.tint
        t = self.tint
        lit = times(c, (1 + (k[0] - 1) * t, 1 + (k[1] - 1) * t, 1 + (k[2] - 1) * t))
        printed = in_style(self.style, lit, self.near)
        return printed if self.near or not self.style.toned else times(printed, self._hue)

    # --- shapes ------------------------------------------------------------------------------------

    def path(self, path: Any, c: Colour, ink: float = 1.0, shade: float = 0.0, alpha: int = 255) -> None:
        """Fill a path; ``shade`` is the width of the shadow along its lower right side, in own units."""
        style, canvas = self.style, self.canvas
        width = 2.6 * ink * style.ink * self.inked / self.scale
        base = self.tone(c)
        inkc = mix(base, style.ink_colour, 0.55) if style.edge else style.ink_colour
        if width and alpha == 255 and not style.edge:  # a heavier line on the shadow side
            canvas.save()
            canvas.translate(0.35 * width, 0.45 * width)
            canvas.drawPath(path, self._stroke(inkc, width))
            canvas.restore()
        if style.shift and width:
            canvas.save()
            canvas.translate(style.shift / self.scale, style.shift * 0.7 / self.scale)
        self._flat(path, base, alpha)
        if shade:
            self._shadow(path, base, shade)
        if style.shift and width:
            canvas.restore()
        if style.edge and alpha == 255:
            canvas.drawPath(path, self._stroke(mix(base, darker(base, 0.6), 0.8), 3.0 / self.scale, 70))
        if width:
            canvas.drawPath(path, self._stroke(inkc, width))

    def _flat(self, path: Any, base: Colour, alpha: int) -> None:
        style = self.style
        if style.name == "manga" and alpha == 255:
            level = luma(base)
            if level > 0.80:
                self.canvas.drawPath(path, self._fill((255, 255, 255)))
            elif level < 0.24:
                self.canvas.drawPath(path, self._fill((16, 16, 18)))
            else:
                self.canvas.drawPath(path, self._fill((255, 255, 255)))
                radius = 1.1 if level > 0.62 else 1.75 if level > 0.42 else 2.5
                self._dotted(path, (24, 24, 28), radius)
            return
        self.canvas.drawPath(path, self._fill(base, alpha))

    def _shadow(self, path: Any, base: Colour, shade: float) -> None:
        canvas, style = self.canvas, self.style
        dark = darker(base, style.shade)
        canvas.save()
        canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        if style.dots:
            if luma(base) > 0.24 or style.name == "retro":
                lit = skia.Path(path)
                lit.offset(-shade * 0.8, -shade * 0.45)
                canvas.clipPath(lit, skia.ClipOp.kDifference, True)
                self._dotted(None, darker(base, 0.5) if style.name == "retro" else (24, 24, 28), 1.9)
        else:
            canvas.drawColor(_argb(dark))
            canvas.translate(-shade * 0.8, -shade * 0.45)
            canvas.drawPath(path, self._fill(base))
        canvas.restore()

    def _dotted(self, path: Any, c: Colour, radius: float) -> None:
        canvas = self.canvas
        paint = skia.Paint(AntiAlias=True, Shader=_dots(c, radius, 8))
        canvas.save()
        if path is not None:
            canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        canvas.resetMatrix()  # the screen stays on the page's grid
        canvas.drawPaint(paint)
        canvas.restore()

    def _fill(self, c: Colour, alpha: int = 255) -> Any:
        return skia.Paint(AntiAlias=True, Color=_argb(c, alpha))

    def _stroke(self, c: Colour, width: float, alpha: int = 255) -> Any:
        return skia.Paint(
            AntiAlias=True,
            Color=_argb(c, alpha),
            Style=skia.Paint.kStroke_Style,
            StrokeWidth=width,
            StrokeCap=skia.Paint.kRound_Cap,
            StrokeJoin=skia.Paint.kRound_Join,
        )

    def poly(self, points: Sequence[Point], c: Colour, ink: float = 1.0, shade: float = 0.0) -> None:
        """A polygon."""
        self.path(polygon(points), c, ink, shade)

    def blob(self, points: Sequence[Point], c: Colour, ink: float = 1.0, shade: float = 0.0) -> None:
        """A smooth closed shape through the points."""
        self.path(smooth(points), c, ink, shade)

    def rect(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        c: Colour,
        ink: float = 1.0,
        shade: float = 0.0,
        r: float = 0.0,
    ) -> None:
        """A rectangle, its corners rounded by ``r``."""
        path = skia.Path()
        path.addRoundRect(skia.Rect.MakeLTRB(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), r, r)
        self.path(path, c, ink, shade)

    def oval(self, x: float, y: float, rx: float, ry: float, c: Colour, ink: float = 1.0, shade: float = 0.0) -> None:
        """An ellipse about (x, y)."""
        path = skia.Path()
        path.addOval(skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry))
        self.path(path, c, ink, shade)

    def limb(self, points: Sequence[Point], width: float, c: Colour, ink: float = 1.0) -> None:
        """A thick, round-ended line with an outline: an arm, a leg, a cable, a branch."""
        path = smooth(points, closed=False) if len(points) > 3 else skia.Path()
        if len(points) <= 3:
            path.moveTo(*points[0])
            for q in points[1:]:
                path.lineTo(*q)
        line = 2.6 * ink * self.style.ink * self.inked / self.scale
        base = self.tone(c)
        if line:
            inkc = mix(base, self.style.ink_colour, 0.55) if self.style.edge else self.style.ink_colour
            self.canvas.drawPath(path, self._stroke(inkc, width + 2 * line * 0.8))
        if self.style.name == "manga" and luma(base) < 0.80:
            outline = skia.Path()
            self._stroke(base, width).getFillPath(path, outline)
            self._flat(outline, base, 255)
        else:
            self.canvas.drawPath(path, self._stroke(base, width))

    def line(self, points: Sequence[Point], width: float, c: Colour | None = None, curved: bool = False) -> None:
        """A bare line ``width`` pixels wide; without a colour, in ink."""
        path = smooth(points, closed=False) if curved else skia.Path()
        if not curved:
            path.moveTo(*points[0])
            for q in points[1:]:
                path.lineTo(*q)
        colour = self.style.ink_colour if c is None else self.tone(c)
        self.canvas.drawPath(path, self._stroke(colour, width / self.scale))

    def sky(self, top: Colour, bottom: Colour, y0: float, y1: float) -> None:
        """A background from ``top`` to ``bottom`` between two heights, over the whole width (no tint)."""
        with self.mood(tint=0.0):
            a, b = self.tone(top), self.tone(bottom)
        rect = skia.Rect.MakeLTRB(0, y0, self.width, y1)
        if self.style.name == "manga":
            dark = luma(a) < 0.3
            self.canvas.drawRect(rect, self._fill((18, 18, 22) if dark else (255, 255, 255)))
            steps = 5
            for i in range(steps):
                level = i / (steps - 1)
                band = skia.Path()
                band.addRect(
                    skia.Rect.MakeLTRB(0, y0 + (y1 - y0) * i / steps, self.width, y0 + (y1 - y0) * (i + 1) / steps)
                )
                weight = luma(b) * level + luma(a) * (1 - level)
                radius = max(0.0, 2.5 * (0.95 - weight))
                if not dark and radius > 0.35:
                    self._dotted(band, (24, 24, 28), round(radius, 1))
                elif dark and level > 0.5:
                    self._dotted(band, (235, 235, 235), round(1.6 * (level - 0.4), 1))
            return
        if self.style.name == "retro":
            self.canvas.drawRect(rect, self._fill(b))
            steps = 6
            for i in range(steps):
                band = skia.Path()
                band.addRect(
                    skia.Rect.MakeLTRB(0, y0 + (y1 - y0) * i / steps, self.width, y0 + (y1 - y0) * (i + 1) / steps)
                )
                self._dotted(band, a, round(3.9 * (1 - i / steps) ** 0.8, 1))
            return
        shader = skia.GradientShader.MakeLinear(points=[(0, y0), (0, y1)], colors=[_argb(a), _argb(b)])
        self.canvas.drawRect(rect, skia.Paint(AntiAlias=False, Shader=shader))

    def glow(self, x: float, y: float, r: float, c: Colour, alpha: int = 150) -> None:
        """Light that falls off around a point; printed styles show it as a pale disc."""
        with self.mood(tint=0.0):
            t = self.tone(c)
        if not self.style.gradients:
            path = skia.Path()
            path.addCircle(x, y, r * 0.6)
            self.canvas.drawPath(path, self._fill(t, alpha // 2))
            return
        shader = skia.GradientShader.MakeRadial(center=(x, y), radius=r, colors=[_argb(t, alpha), _argb(t, 0)])
        self.canvas.drawCircle(x, y, r, skia.Paint(AntiAlias=True, Shader=shader))

    def path_shadow(self, x: float, y: float, r: float) -> None:
        """The shadow that someone or something throws on the ground."""
        path = skia.Path()
        path.addOval(skia.Rect.MakeLTRB(x - r, y - r * 0.16, x + r, y + r * 0.16))
        self.canvas.drawPath(path, self._fill((20, 16, 34), 90))

    def path_beam(self, x0: float, x1: float, y: float) -> None:
        """A beam of light that falls from above at ``x0`` to ``x1`` at height ``y``."""
        with self.mood(tint=0.0):
            c = self.tone((255, 246, 200))
        path = polygon([(x0 - 0.03, -0.1), (x0 + 0.03, -0.1), (x1 + 0.24, y + 0.3), (x1 - 0.24, y + 0.3)])
        self.canvas.drawPath(path, self._fill(c, 60))

    def veil(self, c: Colour, alpha: int, y0: float = 0.0, y1: float | None = None) -> None:
        """A thin layer of one colour over a band of the picture: mist, dimness, shadow."""
        with self.mood(tint=0.0):
            t = self.tone(c)
        bottom = self.height if y1 is None else y1
        self.canvas.drawRect(skia.Rect.MakeLTRB(-1, y0, self.width, bottom), self._fill(t, alpha))

    def wash(self, points: Sequence[Point], c: Colour, alpha: int) -> None:
        """A polygon of thin colour, without an outline and whatever the light: where other light falls."""
        with self.mood(tint=0.0):
            t = self.tone(c)
        self.canvas.drawPath(polygon(points), self._fill(t, alpha))

    def finish(self) -> None:
        """What belongs to the whole sheet: a paper border, noir's dark edges."""
        w, h = self.width, self.height
        if self.style.border:
            edge = self.style.border * math.sqrt(w * h)
            inner = smooth(
                [
                    (edge, edge * 1.1),
                    (w * 0.25, edge * 0.7),
                    (w * 0.5, edge * 1.1),
                    (w * 0.75, edge * 0.75),
                    (w - edge, edge),
                    (w - edge * 0.7, h * 0.5),
                    (w - edge, h - edge),
                    (w * 0.75, h - edge * 1.2),
                    (w * 0.5, h - edge * 0.7),
                    (w * 0.25, h - edge * 1.1),
                    (edge, h - edge * 0.9),
                    (edge * 0.7, h * 0.5),
                ]
            )
            self.canvas.save()
            self.canvas.clipPath(inner, skia.ClipOp.kDifference, True)
            self.canvas.drawColor(0xFFFDFBF5)
            self.canvas.restore()
        if self.style.name == "noir":
            shader = skia.GradientShader.MakeRadial(
                center=(w / 2, h * 0.45),
                radius=w * 0.62,
                colors=[0x00000000, 0x00000000, 0xD0000000],
                positions=[0, 0.55, 1],
            )
            self.canvas.drawPaint(skia.Paint(Shader=shader))
