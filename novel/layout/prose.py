"""Running text: paragraphs in the style's text face, measured for the planner and set into its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from novel.geometry import Rect
from novel.layout import breaks
from novel.layout.fonts import FontSet, NoGlyphError
from novel.layout.line import set_line
from novel.layout.page import Color, TextItem
from novel.layout.text import Paragraph, compose
from novel.layout.wording import dressed, plain

SIZE_RATIO = 1.12
"""Running text is set a little larger than dialogue: a serif's small letters are smaller than a hand's capitals."""
LEADING = 1.38
"""Baseline to baseline in running text, in shares of its size."""
INDENT = 1.1
"""The indent of every paragraph but the first, in shares of the size."""
JUSTIFY = 24.0
"""From this measure on, in shares of the size, lines are justified; narrower columns stay ragged, without rivers."""
MAX_SPACE = 0.55
"""How much a space may grow in a justified line, in shares of the size; beyond it the line stays short."""


@dataclass(frozen=True, slots=True)
class ProseLine:
    """A line of running text: the words of a paragraph from ``first`` to ``last`` (exclusive)."""

    paragraph: int
    first: int
    last: int
    indent: float
    ends: bool
    """Whether it is its paragraph's last line, which is never justified."""


@dataclass
class ProseSetter:
    """Sets running text. Satisfies ``novel.plan.model.ProseMeasure``; widths and sizes in points."""

    fonts: FontSet
    size: float
    language: str
    rtl: bool
    lenient: bool = False
    """Whether a character that no font has is measured as a question mark. The planner measures so: what is missing is
    reported with its place by the lettering."""

    def __post_init__(self) -> None:
        self._paragraphs: dict[str, tuple[Paragraph, ...]] = {}
        self._lines: dict[tuple[str, float], tuple[ProseLine, ...]] = {}

    @cached_property
    def prose_leading(self) -> float:
        """The distance from baseline to baseline, in points."""
        return self.size * LEADING

    def prose_lines(self, text: str, width: float) -> int:
        """How many lines ``text`` takes in a column ``width`` points wide. Raises ``NoGlyphError`` unless lenient."""
        return len(self.lines(text, width))

    def paragraphs(self, text: str) -> tuple[Paragraph, ...]:
        """The text's paragraphs, which empty lines divide, shaped."""
        if text not in self._paragraphs:
            self._paragraphs[text] = tuple(self._composed(part) for part in paragraphs(text))
        return self._paragraphs[text]

    def _composed(self, text: str) -> Paragraph:
        spans = dressed(text, caps=False, craft=False, language=self.language)
        while True:
            try:
                return compose(spans, self.fonts, "prose", rtl=self.rtl, capitals=False)
            except NoGlyphError as missing:
                if not self.lenient:
                    raise
                spans = tuple(replace(span, text=span.text.replace(missing.char, "?")) for span in spans)

    def texts(self, text: str) -> list[str]:
        """Each paragraph as it is to be heard."""
        return [plain(part) for part in paragraphs(text)]

    def lines(self, text: str, width: float) -> tuple[ProseLine, ...]:
        """Every line of a text in a column of this width."""
        key = (text, round(width, 4))
        if key not in self._lines:
            out: list[ProseLine] = []
            for number, paragraph in enumerate(self.paragraphs(text)):
                indent = INDENT if number else 0.0
                broken = breaks.column(paragraph, width / self.size, indent)
                for row, (first, last) in enumerate(broken):
                    out.append(ProseLine(number, first, last, 0.0 if row else indent, row == len(broken) - 1))
            self._lines[key] = tuple(out)
        return self._lines[key]

    def set(self, text: str, rect: Rect, first: int, last: int, color: Color, block: str) -> list[tuple[int, TextItem]]:
        """Lines ``first`` to ``last`` of a text at the top of ``rect``, each item with its paragraph's number."""
        lines = self.lines(text, rect.width)[first:last]
        paragraphs = self.paragraphs(text)
        items: list[tuple[int, TextItem]] = []
        justified = rect.width / self.size >= JUSTIFY
        for row, line in enumerate(lines):
            paragraph = paragraphs[line.paragraph]
            words = paragraph.words[line.first : line.last]
            width = paragraph.width(line.first, line.last) * self.size
            room = rect.width - line.indent * self.size
            spaces = sum(word.space is not None for word in words[:-1])
            stretch = 0.0
            if justified and not line.ends and spaces:
                stretch = max(0.0, (room - width) / spaces)
                if stretch > MAX_SPACE * self.size:
                    stretch = 0.0
            shown = width + stretch * spaces
            x = rect.right - line.indent * self.size - shown if paragraph.level else rect.x + line.indent * self.size
            # The first baseline lies an ascent below the top, so that columns side by side share their baselines.
            baseline = rect.y + row * self.prose_leading + 0.78 * self.prose_leading
            made = set_line(
                words, size=self.size, x=x, baseline=baseline, color=color, role="prose",
                block=f"{block}.{line.paragraph + 1}", level=paragraph.level, stretch=stretch,
            )  # fmt: skip
            items += [(line.paragraph, item) for item in made]
        return items


def paragraphs(text: str) -> list[str]:
    """The parts of a text between empty lines; single line ends are spaces."""
    return [part for part in re.split(r"\n\s*\n", text) if plain(part)]
