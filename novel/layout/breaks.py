"""Where lines end: for balloons (a shape's profile), for boxes (even lines), for running text (a column).

All three choose among all breaks at once by dynamic programming over a sum of costs (the idea of Knuth and Plass 1981,
'Breaking Paragraphs into Lines', without its hyphens: dialogue is never hyphenated).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from novel.layout.text import Paragraph

LONE = 0.35
"""What a single short word on the last line costs, in squared shares of the line's ideal length."""
STACKED = 0.5
"""What the same word under itself, at the start or the end of two lines, costs."""
SMALL = 0.04
"""What ending a line with a small word (an article, a preposition) costs."""
WIDE = "\u2e80"
"""From this character on, scripts are written without spaces between words (ideographs, kana)."""
SPLIT = 0.08
"""What a break inside a word (after its hyphen) or after a dash costs."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A paragraph in lines: index pairs into its words, the lines' widths (shares of the em), and what it cost."""

    lines: tuple[tuple[int, int], ...]
    widths: tuple[float, ...]
    cost: float


def shaped(paragraph: Paragraph, profile: Sequence[float], limit: float = float("inf")) -> Broken | None:
    """The paragraph in ``len(profile)`` lines whose lengths follow ``profile`` as nearly as words allow.

    ``limit`` is the greatest width of a line in shares of the em. None where no breaks keep to it, or where the words
    are fewer than the lines.
    """
    words, rows = paragraph.words, len(profile)
    count = len(words)
    if rows > count:
        return None
    ends, starts = _sums(paragraph)
    total = ends[-1]
    unit = max(1e-6, total / sum(profile))
    infinite = float("inf")
    # best[i]: the least cost of setting the first i words in the rows so far.
    best = [infinite] * (count + 1)
    best[0] = 0.0
    back: list[list[int]] = []
    for row, share in enumerate(profile):
        ideal = unit * share
        most = min(limit, 1.6 * ideal + 2.0) if rows > 1 else limit
        last_row = row == rows - 1
        now = [infinite] * (count + 1)
        came = [-1] * (count + 1)
        for start in range(row, count - (rows - row) + 1):
            before = best[start]
            if before == infinite:
                continue
            stops = (count,) if last_row else range(start + 1, count - (rows - row - 1) + 1)
            for stop in stops:
                width = ends[stop - 1] - starts[start]
                if width > (limit if stop == start + 1 or last_row else most):
                    break
                cost = before + ((width - ideal) / unit) ** 2
                if cost >= now[stop]:
                    continue
                cost += _end_cost(paragraph, start, stop, last_row=last_row and rows > 1)
                if start and words[start].text == words[start - 1].text:
                    cost += STACKED
                if cost < now[stop]:
                    now[stop], came[stop] = cost, start
        best = now
        back.append(came)
    if best[count] == infinite:
        return None
    lines: list[tuple[int, int]] = []
    stop = count
    for came in reversed(back):
        start = came[stop]
        lines.append((start, stop))
        stop = start
    lines.reverse()
    cost = best[count] / rows + _stacks(paragraph, lines)
    return Broken(tuple(lines), tuple(ends[b - 1] - starts[a] for a, b in lines), cost)


def even(paragraph: Paragraph, width: float) -> Broken | None:
    """The paragraph in as few lines as ``width`` (shares of the em) allows, the lines about equally long.

    None where a word is wider than that.
    """
    greedy = _greedy(paragraph, width)
    if greedy is None:
        return None
    return shaped(paragraph, [1.0] * len(greedy), width) or Broken(
        tuple(greedy), tuple(paragraph.width(a, b) for a, b in greedy), 1.0
    )


def column(paragraph: Paragraph, width: float, indent: float = 0.0) -> tuple[tuple[int, int], ...]:
    """Running text in a column: the breaks that leave the lines most evenly filled, the last line free.

    ``width`` and ``indent`` (of the first line) in shares of the em. A word wider than the column stands alone.
    """
    count = len(paragraph.words)
    ends, starts = _sums(paragraph)
    infinite = float("inf")
    best = [infinite] * (count + 1)
    best[0] = 0.0
    came = [0] * (count + 1)
    for start in range(count):
        if best[start] == infinite:
            continue
        room = width - (indent if start == 0 else 0.0)
        for stop in range(start + 1, count + 1):
            length = ends[stop - 1] - starts[start]
            if length > room and stop > start + 1:
                break
            if stop == count:
                # A last line of one short word looks lost; otherwise it may be as short as it likes.
                cost = 0.06 if length < 0.12 * room and start else 0.0
            else:
                cost = max(0.0, (room - length) / width) ** 2 + (
                    SPLIT / 4 if not paragraph.words[stop - 1].space else 0
                )
            cost += best[start]
            if cost < best[stop]:
                best[stop], came[stop] = cost, start
    lines: list[tuple[int, int]] = []
    stop = count
    while stop:
        lines.append((came[stop], stop))
        stop = came[stop]
    return tuple(reversed(lines))


def _sums(paragraph: Paragraph) -> tuple[list[float], list[float]]:
    """Where each word ends and starts if all stood on one line."""
    ends: list[float] = []
    starts: list[float] = []
    x = 0.0
    for word in paragraph.words:
        starts.append(x)
        ends.append(x + word.width)
        x += word.width + word.gap
    return ends, starts


def _greedy(paragraph: Paragraph, width: float) -> list[tuple[int, int]] | None:
    ends, starts = _sums(paragraph)
    lines: list[tuple[int, int]] = []
    start = 0
    for stop in range(1, len(ends) + 1):
        if ends[stop - 1] - starts[stop - 1] > width:
            return None
        if ends[stop - 1] - starts[start] > width:
            lines.append((start, stop - 1))
            start = stop - 1
    lines.append((start, len(ends)))
    return lines


def _end_cost(paragraph: Paragraph, start: int, stop: int, *, last_row: bool) -> float:
    word = paragraph.words[stop - 1]
    if last_row:
        return LONE if stop - start == 1 and len(word.text) < 8 else 0.0
    if stop == len(paragraph.words):
        return 0.0
    cost = 0.0
    if word.space is None:
        cost += _joint_cost(word.text[-1], paragraph.words[stop].text[0])
    elif len(word.text) <= 3 and word.text[-1].isalnum():
        cost += SMALL
    if start == 0 and stop == 1 and len(word.text) <= 2:
        cost += SMALL
    return cost


def _joint_cost(before: str, after: str) -> float:
    """What a break between two characters without a space costs.

    Japanese and Chinese may break almost anywhere, but a reader likes breaks after punctuation and where a phrase ends,
    which in Japanese is mostly where kana turn into another script.
    """
    if before < WIDE or after < WIDE:
        return SPLIT
    if not before.isalnum():
        return 0.0
    kinds = (_kana(before), _kana(after))
    if kinds[0] == "hiragana" and kinds[1] != "hiragana":
        return SMALL / 2
    return 3 * SPLIT if kinds == ("katakana", "katakana") else 1.5 * SPLIT


def _kana(char: str) -> str:
    if "\u3041" <= char <= "\u309f":
        return "hiragana"
    return "katakana" if "\u30a0" <= char <= "\u30ff" else ""


def _stacks(paragraph: Paragraph, lines: Sequence[tuple[int, int]]) -> float:
    """The cost of words that stand right under themselves at the lines' starts or ends."""
    words = paragraph.words
    cost = 0.0
    for (a, b), (c, d) in pairwise(lines):
        cost += STACKED * (words[a].text == words[c].text) + STACKED * (words[b - 1].text == words[d - 1].text)
    return cost
