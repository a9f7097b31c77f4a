"""From a plan, a book and its pictures to a document of laid-out pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from novel import __version__
from novel.errors import Diagnostic, DiagnosticsError
from novel.geometry import Rect
from novel.layout.fonts import NoGlyphError
from novel.layout.frontmatter import Furnisher, Matter
from novel.layout.outline import rectangle
from novel.layout.page import (
    Document,
    ImageItem,
    Item,
    OutlineEntry,
    PageLayout,
    PanelBox,
    PathItem,
    TextBlock,
    TextItem,
)
from novel.layout.panel import Entry, Letterer, Lettering, Script, TooManyWords
from novel.layout.people import Person, people
from novel.layout.picture import Picture, crop
from novel.layout.saliency import Saliency
from novel.layout.typeface import Palette, font_set, lettering_size, palette, prose_setter, style_faults
from novel.layout.wording import plain
from novel.plan.model import HeadingSlot, PagePlan, PanelSlot, Plan, ProseSlot
from novel.plan.prompt import alt_text
from novel.story.color import hex_of
from novel.story.load import Book
from novel.story.model import Panel

WORDS_A_BALLOON, WORDS_A_PANEL, WORDS_A_PAGE = 25, 35, 210
"""More words than these are hard on a reader (Alan Moore's counts, the usual rule of the craft)."""
SHORTEN = "Shorten it, share it between two panels, or give the panel more room with `size: wide` or `splash`."


def letter(book: Book, plan: Plan, pictures: Mapping[str, Picture] | None, *, colophon: Sequence[str] = ()) -> Document:
    """Sets a whole book: every page of the plan with its pictures, letters and furniture.

    ``pictures``: panel id → its picture; None measures only, and the document's image items carry no hash.
    ``colophon``: the notes on the last page. Raises ``DiagnosticsError`` with everything that can't be set.
    """
    setting = _Setting(book, plan, pictures or {})
    document = setting.document(colophon)
    errors = [d for d in setting.diagnostics if d.severity == "error"]
    if errors:
        raise DiagnosticsError(errors)
    return document


def check_lettering(book: Book, plan: Plan, *, colophon: Sequence[str] = ()) -> list[Diagnostic]:
    """Everything that is wrong or doubtful with a book's words, known before any picture is drawn."""
    setting = _Setting(book, plan, {}, checking=True)
    setting.document(colophon)
    setting.count_words()
    return setting.diagnostics


@dataclass(slots=True)
class _Sheet:
    """A page being laid out."""

    items: list[Item] = field(default_factory=list)
    panels: list[PanelBox] = field(default_factory=list)
    blocks: list[TextBlock] = field(default_factory=list)

    def add(self, matter: Matter) -> None:
        self.items += matter.items
        self.blocks += matter.blocks


class _Setting:
    """One book's setting: what all its pages share, and what was found wrong on the way."""

    def __init__(self, book: Book, plan: Plan, pictures: Mapping[str, Picture], *, checking: bool = False) -> None:
        self._book = book
        self._plan = plan
        self._pictures = pictures
        self._checking = checking
        self.diagnostics: list[Diagnostic] = style_faults(book)
        self._rtl = book.story.direction == "rtl"
        fonts = font_set(book.style, book.style_file.parent, book.story.language)
        self._palette: Palette = palette(book.style)
        size = lettering_size(book.style, book.story.page)
        self._furnisher = Furnisher(fonts, self._palette, book.story.language, self._rtl, size)
        self._letterer = Letterer(book, fonts, self._palette)
        self._prose = prose_setter(book.style, book.story, fonts)
        self._panels: dict[str, Panel] = {p.id: p for p in book.story.panels()}
        self._chapters = {c.id: c for c in book.story.chapters}
        self._chapter_of = {p.id: c.id for c in book.story.chapters for p in c.panels}
        self._shown: set[str] = set()
        self._spreads: dict[str, list[Sequence[Entry]]] = {}
        self._title_on_cover = False

    def document(self, colophon: Sequence[str]) -> Document:
        story = self._book.story
        pages: list[PageLayout] = []
        outline: list[OutlineEntry] = []
        for index, page in enumerate(self._plan.pages):
            sheet = _Sheet()
            chapter = ""
            match page.kind:
                case "cover":
                    self._cover(sheet, page)
                case "title":
                    self._title(sheet, page)
                case "colophon":
                    self._colophon(sheet, page, colophon)
                case "story":
                    chapter = self._story(sheet, page, pages[-1].chapter if pages else "")
                    for slot in page.slots:
                        if isinstance(slot, HeadingSlot):
                            outline.append(OutlineEntry(plain(self._chapters[slot.chapter].title), index))
            pages.append(
                PageLayout(
                    number=page.number,
                    label=str(page.number),
                    trim=page.size,
                    bleed=page.bleed,
                    background=self._palette.page,
                    items=tuple(sheet.items),
                    panels=tuple(sheet.panels),
                    blocks=tuple(sheet.blocks),
                    chapter=chapter,
                )
            )
        return Document(
            title=plain(story.title),
            authors=story.authors,
            language=story.language,
            direction=story.direction,
            pages=tuple(pages),
            outline=tuple(outline),
            generator=f"novel {__version__} with {self._book.style.art.model}",
        )

    def count_words(self) -> None:
        """Warns of balloons, panels and pages with more words than a reader likes."""
        for page in self._plan.pages:
            words = 0
            for slot in page.slots:
                if not isinstance(slot, PanelSlot) or slot.part == "right":
                    continue
                panel = self._panels[slot.panel]
                script = self._script(panel)
                here = sum(entry.words for entry in script.entries)
                words += here
                for entry in script.entries:
                    if entry.words > WORDS_A_BALLOON:
                        self._warn(panel, entry.path, "balloon", entry.words, WORDS_A_BALLOON)
                if here > WORDS_A_PANEL:
                    self._warn(panel, (), "panel", here, WORDS_A_PANEL)
            if words > WORDS_A_PAGE:
                first = next(slot.panel for slot in page.slots if isinstance(slot, PanelSlot))
                self._warn(self._panels[first], (), "page", words, WORDS_A_PAGE)

    def _warn(self, panel: Panel, path: tuple[str | int, ...], what: str, words: int, most: int) -> None:
        self.diagnostics.append(
            self._book.at(
                panel.id, *path, message=f"{words} words in one {what}; more than {most} are hard to read",
                code="words", hint="Cut, or share them out.", severity="warning", exit_code=8,
            )
        )  # fmt: skip

    def _script(self, panel: Panel) -> Script:
        return self._letterer.script(panel, self.diagnostics.append)

    def _unset(self, message: str, *path: str | int, panel: str = "", hint: str = SHORTEN) -> None:
        at = self._book.at if panel else None
        if at is not None:
            said = at(panel, *path, message=message, code="overflow", hint=hint, exit_code=8)
        else:
            said = self._book.story_at(*path, message=message, code="overflow", hint=hint, exit_code=8)
        self.diagnostics.append(said)

    def _no_glyph(self, missing: NoGlyphError, *path: str | int) -> None:
        self.diagnostics.append(self._book.story_at(*path, message=missing.message, code="glyph", hint=missing.hint))

    def _title(self, sheet: _Sheet, page: PagePlan) -> None:
        story = self._book.story
        try:
            matter = self._furnisher.title_page(page.size, page.safe, page.bleed, story.title, story.authors)
        except NoGlyphError as missing:
            self._no_glyph(missing, "title")
            return
        if not matter.fits:
            self._unset("the title is too long for its page", "title", hint="Shorten it.")
        if self._title_on_cover:
            # The cover has said it already: a block's id is its own in the whole book.
            matter.blocks = [replace(b, id=f"page.{b.id}") for b in matter.blocks]
            matter.items = [replace(i, block=f"page.{i.block}") if isinstance(i, TextItem) else i for i in matter.items]
        sheet.add(matter)

    def _cover(self, sheet: _Sheet, page: PagePlan) -> None:
        story = self._book.story
        for slot in page.slots:
            if not isinstance(slot, PanelSlot):
                continue
            seen, saliency = self._picture(sheet, slot, page)
            try:
                matter, room = self._furnisher.cover(slot.rect, page.safe, story.title, story.authors, seen)
            except NoGlyphError as missing:
                self._no_glyph(missing, "title")
                return
            if not matter.fits:
                self._unset("the title is too long for the cover", "title", hint="Shorten it.")
            self._title_on_cover = True
            panel = self._panels[slot.panel]
            script = self._script(panel)
            lettering = self._lettered(script, script.entries, slot.rect, room, seen, saliency=saliency)
            sheet.items += lettering.items
            sheet.add(matter)
            sheet.blocks += lettering.blocks
            self._box(sheet, slot, lettering)

    def _colophon(self, sheet: _Sheet, page: PagePlan, lines: Sequence[str]) -> None:
        try:
            matter = self._furnisher.colophon(page.safe, lines, self._prose)
        except NoGlyphError as missing:
            self._no_glyph(missing, "colophon")
            return
        if not matter.fits:
            self._unset("the colophon is too long for one page", "colophon", hint="Shorten it.")
        sheet.add(matter)

    def _story(self, sheet: _Sheet, page: PagePlan, chapter: str) -> str:
        bled = False
        for slot in page.slots:
            match slot:
                case HeadingSlot():
                    chapter = slot.chapter
                    self._heading(sheet, slot)
                case PanelSlot():
                    chapter = self._chapter_of.get(slot.panel, chapter)
                    bled = bled or slot.rect.bottom > page.safe.bottom + 0.5 * (page.size.height - page.safe.bottom)
                    self._panel(sheet, slot, page)
                case ProseSlot():
                    self._running(sheet, slot)
        if page.slots and not bled and not self._book.story.page.strip:
            sheet.add(self._furnisher.folio(page.size, page.safe, page.number))
        return chapter

    def _heading(self, sheet: _Sheet, slot: HeadingSlot) -> None:
        chapter = self._chapters[slot.chapter]
        path = ("chapters", list(self._chapters).index(slot.chapter), "title")
        try:
            matter = self._furnisher.heading(slot.rect, chapter.id, chapter.title)
        except NoGlyphError as missing:
            self._no_glyph(missing, *path)
            return
        if not matter.fits:
            self._unset("the chapter's title is too long for its heading", *path, hint="Shorten it.")
        sheet.add(matter)

    def _running(self, sheet: _Sheet, slot: ProseSlot) -> None:
        panel = self._panels[slot.panel]
        block = f"{panel.id}.prose"
        try:
            items = self._prose.set(panel.prose, slot.rect, slot.first, slot.last, self._palette.page_ink, block)
        except NoGlyphError as missing:
            fault = self._book.at(panel.id, "prose", message=missing.message, code="glyph", hint=missing.hint)
            if fault not in self.diagnostics:
                self.diagnostics.append(fault)
            return
        sheet.items += [item for _, item in items]
        known = {b.id for b in sheet.blocks}
        texts = self._prose.texts(panel.prose)
        for number, item in items:
            # A paragraph that goes on in the next column or page is one block where it began; there it is told whole.
            if item.block not in known and item.block not in self._shown:
                sheet.blocks.append(TextBlock(item.block, "prose", texts[number], panel.id))
                self._shown.add(item.block)
                known.add(item.block)

    def _panel(self, sheet: _Sheet, slot: PanelSlot, page: PagePlan) -> None:
        panel = self._panels[slot.panel]
        seen, saliency = self._picture(sheet, slot, page)
        script = self._script(panel)
        entries: Sequence[Entry] = script.entries
        sounds = True
        if slot.part != "whole":
            first = panel.id not in self._spreads
            half = self._halves(script, slot)
            entries, sounds = half[0 if first else 1], not first
        area, frame = self._letterer.area(slot.rect, page.safe), self._letterer.frame(slot.rect, page.safe)
        lettering = self._lettered(
            script, entries, slot.rect, area, seen, sounds=sounds, frame=frame, saliency=saliency
        )
        sheet.items += lettering.items
        sheet.blocks += lettering.blocks
        self._box(sheet, slot, lettering)

    def _halves(self, script: Script, slot: PanelSlot) -> list[Sequence[Entry]]:
        """A spread's words, shared between its two pages where most speakers are on the page of their balloon."""
        panel = script.panel
        if panel.id not in self._spreads:
            order = [member.id for member in panel.cast]
            early = {name for i, name in enumerate(order) if i < len(order) / 2}
            entries = script.entries

            def misplaced(cut: int) -> float:
                wrong = sum(bool(e.speaker in order and e.speaker not in early) for e in entries[:cut])
                wrong += sum(e.speaker in early for e in entries[cut:])
                return wrong + 0.1 * abs(cut - len(entries) / 2)

            cut = min(range(len(entries) + 1), key=misplaced)
            self._spreads[panel.id] = [entries[:cut], entries[cut:]]
        return self._spreads[panel.id]

    def _lettered(
        self,
        script: Script,
        entries: Sequence[Entry],
        rect: Rect,
        area: Rect,
        seen: Sequence[Person],
        *,
        sounds: bool = True,
        frame: Rect | None = None,
        saliency: Saliency | None = None,
    ) -> Lettering:
        letterer = self._letterer
        if self._checking and (letterer.plainly_fits(script, area) or letterer.packs(script, entries, rect, area)):
            return Lettering()
        try:
            return letterer.letter(script, entries, rect, area, seen, sounds, frame=frame, saliency=saliency)
        except TooManyWords as overflow:
            message = f"panel `{script.panel.id}`: {overflow.message}"
            self._unset(message, *overflow.path, panel=script.panel.id)
            return Lettering()

    def _picture(self, sheet: _Sheet, slot: PanelSlot, page: PagePlan) -> tuple[tuple[Person, ...], Saliency | None]:
        """Adds the slot's picture and border; gives who is seen in it, and where the eye goes."""
        panel = self._panels[slot.panel]
        picture = self._pictures.get(slot.panel)
        source = crop(picture, slot.rect.width, slot.rect.height, slot.part)
        sheet.items.append(
            ImageItem(slot.rect, panel.id, picture.sha256 if picture else "", source, alt_text(self._book.story, panel))
        )
        trim = Rect(0, 0, page.size.width, page.size.height)
        width = self._book.style.page.border
        if width > 0 and trim.inset(1.0).contains(slot.rect):
            sheet.items.append(
                PathItem(
                    rect=slot.rect.inset(-width / 2), role="border", segments=rectangle(slot.rect), fill=None,
                    stroke=hex_of(self._book.style.lettering.ink) or "#000000", stroke_width=width, panel=panel.id,
                )
            )  # fmt: skip
        seen = people(panel, slot.rect, source, picture, rtl=self._rtl)
        return seen, Saliency.of(picture, source, slot.rect)

    def _box(self, sheet: _Sheet, slot: PanelSlot, lettering: Lettering) -> None:
        panel = self._panels[slot.panel]
        blocks = tuple(block.id for block in lettering.blocks)
        sheet.panels.append(PanelBox(panel.id, slot.rect, alt_text(self._book.story, panel), blocks))
