"""Where lines end: for balloons (a shape's profile), for boxes (even lines), for running text (a column).

All three choose among all breaks at once by dynamic programming over a sum of costs (the idea of Knuth and Plass 1981,
'Breaking Paragraphs into Lines', without its hyphens: dialogue is never hyphenated).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from novel.layout.segment import WIDE
from novel.layout.text import Paragraph, Word

LONE = 0.5
"""What a single short word on the last line costs, in squared shares of the line's ideal length."""
STACKED = 0.5
"""What the same word under itself, at the start or the end of two lines, costs."""
SMALL = 0.04
"""What ending a line with a small word (an article, a preposition) costs."""
SPLIT = 0.08
"""What a break inside a word (after its hyphen) or after a dash costs."""
INSIDE = 0.6
"""What a break inside a phrase of Japanese or Chinese, or inside a Korean word, costs: more than a ragged edge."""


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
    rows = len(profile)
    if rows > len(paragraph.words):
        return None
    lengths = _Lengths(paragraph, profile, limit)
    found = _plainly(lengths)
    if found is not None and _stacks(lengths.keys, found[0]):
        # Only where a word would stand on itself is it worth to look at lines two by two.
        found = _by_twos(lengths)
    if found is None:
        return None
    lines, cost = found
    return Broken(lines, tuple(lengths.width(a, b) for a, b in lines), cost / rows)


_Lines = tuple[tuple[int, int], ...]


class _Lengths:
    """What each line of a paragraph in rows would cost."""

    def __init__(self, paragraph: Paragraph, profile: Sequence[float], limit: float) -> None:
        self.words = paragraph.words
        self.rows = len(profile)
        self.ends, self.starts = _sums(paragraph)
        self.unit = max(1e-6, self.ends[-1] / sum(profile))
        self.keys = [_key(word.text) for word in self.words]
        self.stacked = STACKED * self.rows
        """What a word on itself costs. The sum of costs is shared among the rows; a fault is not."""
        weight = max(1.0, self.rows / 2)
        same = [False, *(bool(k) and k == j for j, k in pairwise(self.keys))]
        self.opening = [self.stacked * again for again in same]
        """What it costs to begin a line with each word: much, where the line before ends with the same."""
        self.faults = [0.0, *(weight * self._fault(stop) for stop in range(1, len(self.words)))]
        """What it costs to end a line before each word."""
        self._profile, self._limit, self._weight = profile, limit, weight

    def width(self, start: int, stop: int) -> float:
        return self.ends[stop - 1] - self.starts[start]

    def row(self, row: int) -> tuple[float, float, float]:
        """A row's ideal length, the longest it may be, and the longest that a line of one word may be."""
        ideal = self.unit * self._profile[row]
        last = row == self.rows - 1
        most = self._limit if last else min(self._limit, 1.6 * ideal + 2.0)
        return ideal, most, self._limit

    def stops(self, row: int, start: int) -> Sequence[int]:
        """Where a line that begins with a word may end, whatever its length."""
        count = len(self.words)
        return (count,) if row == self.rows - 1 else range(start + 1, count - (self.rows - row - 1) + 1)

    def closing(self, start: int, stop: int) -> float:
        """What it costs to end a line here."""
        if stop == len(self.words):
            return self._weight * LONE if self.rows > 1 and _alone(self.words[start:stop]) else 0.0
        return self.faults[stop] + (self._weight * SMALL if stop == 1 and len(self.words[0].text) <= 2 else 0.0)

    def _fault(self, stop: int) -> float:
        word = self.words[stop - 1]
        if word.space is None:
            return _joint_cost(word, self.words[stop])
        return SMALL if len(word.text) <= 3 and word.text[-1].isalnum() else 0.0


def _plainly(lengths: _Lengths) -> tuple[_Lines, float] | None:
    """The cheapest lines by what each costs on its own."""
    count, rows = len(lengths.words), lengths.rows
    ends, starts, faults = lengths.ends, lengths.starts, lengths.faults
    scale = 1 / lengths.unit
    infinite = float("inf")
    # best[i]: the least cost of setting the first i words in the rows so far.
    best = [infinite] * (count + 1)
    best[0] = 0.0
    back: list[list[int]] = []
    for row in range(rows):
        ideal, most, alone = lengths.row(row)
        now = [infinite] * (count + 1)
        came = [-1] * (count + 1)
        for start in range(row, count - (rows - row) + 1):
            if best[start] == infinite:
                continue
            before = best[start] + lengths.opening[start]
            left = starts[start]
            for stop in lengths.stops(row, start):
                width = ends[stop - 1] - left
                if width > (alone if stop == start + 1 else most):
                    break
                cost = before + ((width - ideal) * scale) ** 2
                if cost >= now[stop]:
                    continue
                cost += faults[stop] if 1 < stop < count else lengths.closing(start, stop)
                if cost < now[stop]:
                    now[stop], came[stop] = cost, start
        best = now
        back.append(came)
    if best[count] == infinite:
        return None
    lines: list[tuple[int, int]] = []
    stop = count
    for came in reversed(back):
        lines.append((came[stop], stop))
        stop = came[stop]
    return tuple(reversed(lines)), best[count]


_State = tuple[int, str]
"""Where the last line ends, and its first word, if that comes again later on."""


def _by_twos(lengths: _Lengths) -> tuple[_Lines, float]:
    """The cheapest lines by what each costs on its own and under the line before it."""
    keys, last = lengths.keys, {key: i for i, key in enumerate(lengths.keys)}
    count, scale = len(keys), 1 / lengths.unit
    ends, starts, faults = lengths.ends, lengths.starts, lengths.faults
    # State → the least cost so far, the first word of the last line, and the state before that.
    states: dict[_State, tuple[float, int, _State]] = {(0, ""): (0.0, 0, (0, ""))}
    back: list[dict[_State, tuple[float, int, _State]]] = []
    for row in range(lengths.rows):
        ideal, most, alone = lengths.row(row)
        now: dict[_State, tuple[float, int, _State]] = {}
        for before, (so_far, _, _) in states.items():
            start, above = before
            spent = so_far + lengths.opening[start]
            if above and keys[start] == above:
                spent += lengths.stacked
            ended = keys[start - 1] if start else ""
            opener = keys[start] if last[keys[start]] > start else ""
            for stop in lengths.stops(row, start):
                width = ends[stop - 1] - starts[start]
                if width > (alone if stop == start + 1 else most):
                    break
                cost = spent + ((width - ideal) * scale) ** 2
                cost += faults[stop] if 1 < stop < count else lengths.closing(start, stop)
                if ended and keys[stop - 1] == ended:
                    cost += lengths.stacked
                state = (stop, opener)
                if state not in now or cost < now[state][0]:
                    now[state] = (cost, start, before)
        states = now
        back.append(states)
    state = min(states, key=lambda at: (states[at][0], at))
    total = states[state][0]
    lines: list[tuple[int, int]] = []
    for states in reversed(back):
        _, start, before = states[state]
        lines.append((start, state[0]))
        state = before
    return tuple(reversed(lines)), total


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
                cost = max(0.0, (room - length) / width) ** 2
                word = paragraph.words[stop - 1]
                if not word.space and not word.phrase:
                    # Running text in a script without spaces breaks anywhere, but rather between phrases.
                    cost += SPLIT / 4
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


def _alone(words: Sequence[Word]) -> bool:
    """Whether what stands on a last line is so little that it looks lost: one short word, two ideographs or kana."""
    if words[0].text[0] >= WIDE and len(words) <= 3:
        return sum(char.isalnum() for word in words for char in word.text) <= 2
    return len(words) == 1 and len(words[0].text) < 8


@lru_cache(4096)
def _key(word: str) -> str:
    """What a word is known by where it stands on another: without its marks. Ideographs and kana never look so."""
    return "" if word[0] >= WIDE else "".join(filter(str.isalnum, word.casefold()))


def _joint_cost(word: Word, following: Word) -> float:
    """What a break between two words without a space costs: nothing at the end of a phrase, much inside one.

    Where nothing tells the phrases, ideographs and kana are broken by their looks: best after punctuation, and where
    kana turn into another script.
    """
    if word.phrase is not None:
        return 0.0 if word.phrase else INSIDE
    before, after = word.text[-1], following.text[0]
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


def _stacks(keys: Sequence[str], lines: Sequence[tuple[int, int]]) -> int:
    """How often a word stands right under itself at the lines' starts or ends."""
    count = 0
    for (a, b), (c, d) in pairwise(lines):
        count += bool(keys[a]) and keys[a] == keys[c]
        count += bool(keys[b - 1]) and keys[b - 1] == keys[d - 1]
    return count
