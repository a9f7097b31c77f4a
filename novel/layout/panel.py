"""One panel's words: captions, balloons and sound words, placed and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from novel.errors import Diagnostic
from novel.geometry import Rect
from novel.layout import balloon, sound
from novel.layout.balloon import Shape, Shaper
from novel.layout.curve import bounds
from novel.layout.fonts import FontSet, NoGlyphError
from novel.layout.line import set_line
from novel.layout.outline import outline
from novel.layout.page import BlockKind, Item, PathItem, TextBlock
from novel.layout.people import Person
from novel.layout.place import Placed, place, shelves
from novel.layout.saliency import Saliency
from novel.layout.tail import Voice
from novel.layout.text import Paragraph, compose
from novel.layout.typeface import Palette, lettering_size
from novel.layout.wording import dressed, plain, word_count
from novel.story.load import Book
from novel.story.model import Panel

FLOOR = 7.0
"""The least size of lettering in points: smaller is not legible in print."""
STEP = 0.94
"""How much smaller each further attempt at a crowded panel is set."""
EDGE = 0.48
"""The least distance of balloons from their panel's border, in shares of the lettering's size."""
STROKE = 0.085
"""A balloon's outline, in shares of the lettering's size; never heavier than a panel's border."""


@dataclass(frozen=True, slots=True)
class Script:
    """A panel's words, shaped: what is set, and where each stands in the story file."""

    panel: Panel
    entries: tuple[Entry, ...]
    sounds: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One caption, line or sound word. ``path`` leads to it from its panel in the story file; ``speaker`` is the
    character's id and ``name`` what readers know them by."""

    id: str
    kind: BlockKind
    text: str
    paragraph: Paragraph
    shaper: Shaper
    path: tuple[str | int, ...]
    speaker: str = ""
    name: str = ""

    @property
    def floor(self) -> float:
        """The least size in points: no run of it is set smaller than ``FLOOR``, those of scaled faces included."""
        scales = (piece.face.scale for word in self.paragraph.words for piece in word.pieces)
        return FLOOR / min(1.0, *scales)

    @property
    def words(self) -> int:
        """How many words a reader counts."""
        return word_count(self.text)

    @property
    def block(self) -> TextBlock:
        """The unit of reading."""
        return TextBlock(self.id, self.kind, self.text, self.id.split(".")[0], self.name)


@dataclass(slots=True)
class Lettering:
    """What one panel's words came to: items in z-order, blocks in reading order."""

    items: list[Item] = field(default_factory=list)
    blocks: list[TextBlock] = field(default_factory=list)


class TooManyWords(Exception):
    """The words don't fit into their panel. ``path``: the entry that is too much, or the panel's own words."""

    def __init__(self, message: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class Letterer:
    """Letters panels in one book's style."""

    def __init__(self, book: Book, fonts: FontSet, palette: Palette) -> None:
        lettering = book.style.lettering
        self._book = book
        self._fonts = fonts
        self._palette = palette
        self._size = max(FLOOR, lettering_size(book.style, book.story.page))
        self._caps = lettering.caps
        self._rtl = book.story.direction == "rtl"
        self._scripts: dict[str, Script] = {}

    def script(self, panel: Panel, report: Callable[[Diagnostic], None]) -> Script:
        """A panel's words, shaped once. Words with a character that no font has are reported and left out."""
        known = self._scripts.get(panel.id)
        if known is not None:
            return known
        entries: list[Entry] = []
        sounds: list[Entry] = []
        for i, text in enumerate(panel.caption):
            entries += self._entry(panel, "caption", i, text, report)
        for i, line in enumerate(panel.say):
            entries += self._entry(panel, line.kind, i, line.text, report, line.speaker)
        for i, text in enumerate(panel.sfx):
            sounds += self._entry(panel, "sfx", i, text, report)
        script = Script(panel, tuple(entries), tuple(sounds))
        self._scripts[panel.id] = script
        return script

    def _entry(
        self,
        panel: Panel,
        kind: BlockKind,
        index: int,
        text: str,
        report: Callable[[Diagnostic], None],
        speaker: str = "",
    ) -> list[Entry]:
        key = kind if kind in ("caption", "sfx") else "say"
        spans = dressed(
            text,
            caps=self._caps or kind == "sfx",
            craft=self._book.style.lettering.punctuation == "comic",
            language=self._book.story.language,
        )
        try:
            paragraph = compose(
                spans,
                self._fonts,
                "display" if kind == "sfx" else "hand",
                rtl=self._rtl,
                bold=kind in ("shout", "sfx"),
                capitals=self._caps or kind == "sfx",
            )
        except NoGlyphError as missing:
            report(self._book.at(panel.id, key, index, message=missing.message, code="glyph", hint=missing.hint))
            return []
        if not paragraph.words:
            return []
        shaper = Shaper(paragraph, kind, caps=self._caps)
        id_ = f"{panel.id}.{key}.{index + 1}"
        name = self._book.story.characters[speaker].name if speaker else ""
        return [Entry(id_, kind, plain(text), paragraph, shaper, (key, index), speaker, name)]

    def area(self, rect: Rect, safe: Rect) -> Rect:
        """Where a panel's balloons may stand: inside its border and inside the page's live area."""
        inner = rect.inset(min(EDGE * self._size, 0.04 * min(rect.width, rect.height)))
        shared = inner.intersection(safe)
        return shared if shared is not None else Rect(rect.center.x, rect.center.y, 0.0, 0.0)

    def frame(self, rect: Rect, safe: Rect) -> Rect | None:
        """Where a panel's border cuts balloons: their outline then lies in the border's own ink. None for a panel that
        has no border, or whose border is not inside the page's live area."""
        border = self._book.style.page.border
        if border <= 0 or not safe.contains(rect, slack=0.5):
            return None
        return rect.inset(max(0.0, border - self._stroke(self._size)) / 2)

    def _stroke(self, size: float) -> float:
        """The width of a balloon's outline."""
        return min(STROKE * size, max(0.5, self._book.style.page.border))

    def letter(
        self,
        script: Script,
        entries: Sequence[Entry],
        rect: Rect,
        area: Rect,
        people: Sequence[Person],
        sounds: bool = True,
        *,
        frame: Rect | None = None,
        saliency: Saliency | None = None,
    ) -> Lettering:
        """Letters some of a panel's entries on its picture in ``rect``, all words inside ``area``.

        ``frame`` and ``saliency`` are those of ``place``.
        Raises ``TooManyWords`` where they don't fit at a legible size.
        """
        made = Lettering()
        placed, size = self._placed(script.panel, entries, rect, area, people, frame, saliency)
        chain: list[tuple[Entry, Placed]] = []
        for entry, spot in zip(entries, placed, strict=True):
            chain.append((entry, spot))
            made.blocks.append(entry.block)
            if not spot.joined:
                made.items += self._drawn(chain)
                chain = []
        if sounds and script.sounds:
            taken = [spot.rect.inset(-2.0) for spot in placed]
            tails = [(spot.center, spot.tip) for spot in placed if spot.tip is not None]
            for entry in script.sounds:
                floor = max(entry.floor, size)
                word = sound.fit(entry.paragraph, rect, area, taken, tails, people, saliency, floor=floor)
                if word is None:
                    raise TooManyWords(f"the sound `{entry.text}` finds no room", entry.path)
                taken.append(word.rect)
                made.items += sound.draw(word, entry.id, self._palette.sfx, self._palette.ink)
                made.blocks.append(entry.block)
        return made

    def plainly_fits(self, script: Script, area: Rect) -> bool:
        """Whether a panel's words are so few for its size that they fit without a search, by a generous estimate.

        Saves ``novel check`` the placing of most panels. What is not plain is not yet too much: ``letter`` tells.
        """
        size = self._size
        taken = 0.0
        for entry in (*script.entries, *script.sounds):
            words = entry.paragraph.words
            if (max(w.width for w in words) + 4) * size > 0.5 * area.width:
                return False
            # Twice the words' own area and a margin on all sides: what a balloon takes with the distance to others.
            length = sum(w.width + w.gap for w in words)
            taken += (2.0 * 1.3 * length + 8.0) * size * size
        return taken <= 0.25 * area.area and area.height >= 16 * size

    def packs(self, script: Script, entries: Sequence[Entry], rect: Rect, area: Rect) -> bool:
        """Whether a panel's words fit packed in rows at their full size, which ``letter`` does where all else fails.

        A sound word needs room that the rows don't tell of: then False, and ``letter`` tells.
        """
        if script.sounds or len(entries) < 2:
            return False
        voices = self._voices(script.panel, entries, self._size, area, (), keep=24)
        return shelves(voices, rect, area, rtl=self._rtl, spacing=0.42 * self._size) is not None

    def _placed(
        self,
        panel: Panel,
        entries: Sequence[Entry],
        rect: Rect,
        area: Rect,
        people: Sequence[Person],
        frame: Rect | None,
        saliency: Saliency | None,
    ) -> tuple[list[Placed], float]:
        if not entries:
            return [], self._size
        floor = max(entry.floor for entry in entries)
        size = max(self._size, floor)
        while True:
            voices = self._voices(panel, entries, size, area, people, keep=3)
            spacing = 0.42 * size
            placed = place(voices, rect, area, people, rtl=self._rtl, spacing=spacing, frame=frame, saliency=saliency)
            if placed is None and len(entries) > 1:
                voices = self._voices(panel, entries, size, area, people, keep=24)
                placed = shelves(voices, rect, area, people, rtl=self._rtl, spacing=spacing)
            if placed is not None:
                return placed, size
            if size <= floor:
                break
            size = max(floor, size * STEP)
        for entry in entries:
            if not self._shapes(entry, floor, area, 1):
                widest = max(entry.paragraph.words, key=lambda w: w.width)
                if widest.width * floor > area.width - 2 * balloon.PADDING * floor:
                    raise TooManyWords(f"the word `{widest.text}` is wider than its panel", entry.path)
                raise TooManyWords(f"these {entry.words} words are too many for their panel", entry.path)
        count = sum(entry.words for entry in entries)
        raise TooManyWords(
            f"{count} words in {len(entries)} balloons and boxes are too many for one panel", entries[-1].path
        )

    def _shapes(self, entry: Entry, size: float, area: Rect, keep: int) -> tuple[Shape, ...]:
        """The shapes that an entry may take: no wider than pleases, unless only a wider one fits."""
        share = 0.62 if entry.kind == "caption" else 0.55
        found: list[Shape] = []
        if keep <= 3:
            found = entry.shaper.shapes(size, area.width * share, area.height, keep)
        return tuple(found or entry.shaper.shapes(size, area.width, area.height, keep))

    def _voices(
        self, panel: Panel, entries: Sequence[Entry], size: float, area: Rect, people: Sequence[Person], keep: int
    ) -> list[Voice]:
        voices: list[Voice] = []
        # Where somebody unseen is said to be once, there they are in the whole panel.
        sides = {line.speaker: line.at for line in reversed(panel.say) if line.at is not None}
        before: Entry | None = None
        for entry in entries:
            shapes = self._shapes(entry, size, area, keep)
            if not entry.speaker:
                voices.append(Voice(shapes))
            else:
                linked = (
                    before is not None
                    and before.speaker == entry.speaker
                    and before.kind == entry.kind
                    and entry.kind in ("speech", "whisper")
                )
                side = panel.say[int(entry.path[1])].at or sides.get(entry.speaker)
                person = next((p for p in people if p.character == entry.speaker), None)
                mouth = person.mouth if person is not None else None
                voices.append(Voice(shapes, mouth, person is None, side, entry.speaker, linked))
            before = entry
        return voices

    def _drawn(self, chain: Sequence[tuple[Entry, Placed]]) -> list[Item]:
        """A balloon with its words, or several that are joined: one outline under all their words."""
        first, shape = chain[0][0], chain[0][1].shape
        segments = outline([spot.body for _, spot in chain])
        stroke = self._stroke(shape.size)
        items: list[Item] = [
            PathItem(
                rect=bounds(segments, stroke),
                role=first.kind,
                segments=segments,
                fill=self._palette.caption if first.kind == "caption" else self._palette.balloon,
                stroke=self._palette.ink,
                stroke_width=stroke,
                dash=(2.6 * stroke + 0.6, 2.2 * stroke + 0.5) if first.kind == "whisper" else (),
                panel=first.id.split(".")[0],
                block=first.id,
            )
        ]
        for entry, spot in chain:
            items += self._words(entry, spot)
        return items

    def _words(self, entry: Entry, spot: Placed) -> list[Item]:
        shape, center, paragraph = spot.shape, spot.center, entry.paragraph
        items: list[Item] = []
        for (first, last), width, baseline in zip(
            shape.broken.lines, shape.broken.widths, shape.baselines(), strict=True
        ):
            x = center.x - width * shape.size / 2
            if entry.kind == "caption":
                # A box's lines begin at one edge: the reader's.
                half = shape.half_width - balloon.PADDING * shape.size
                x = center.x + half - width * shape.size if paragraph.level else center.x - half
            items += set_line(
                paragraph.words[first:last],
                size=shape.size,
                x=x,
                baseline=center.y + baseline,
                color=self._palette.ink,
                role=entry.kind,
                block=entry.id,
                level=paragraph.level,
            )
        return items
