"""A PDF's logical structure (ISO 32000-1, 14.7 and 14.8): what reading software follows instead of the page's paint.

Every page is a section of figures, each with its alternative text, and paragraphs with their words as written: in
whole, in their own case, without line breaks, in reading order.
"""

from __future__ import annotations

from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFObjectReference, PDFString

from novel.export.reading import Figure, reading_order
from novel.geometry import Rect
from novel.layout.page import PageLayout, TextBlock

_HEADINGS = {"title": "H1", "heading": "H2"}


class PageMarks:
    """Numbers a page's marked-content sequences and remembers whose they are: a panel's picture or a text block.

    ``told``: the panels of earlier pages. The second half of a picture that runs across two pages is no second figure.
    """

    def __init__(self, page: PageLayout, told: set[str]) -> None:
        self._order = reading_order(page)
        self._page = page
        self._blocks = {block.id: block for block in page.blocks if block.kind != "folio"}
        self._panels = {box.panel for box in page.panels} - told
        self.owners: list[tuple[str, str]] = []

    def block(self, id: str) -> str | None:
        """The tag that opens a run of a block's text; None where the text is no content (a page number)."""
        block = self._blocks.get(id)
        return None if block is None else self._open(_role(block), ("block", id))

    def picture(self, panel: str) -> str | None:
        """The tag that opens a panel's picture; None where it is none of the page's own figures."""
        return self._open("Figure", ("panel", panel)) if panel in self._panels else None

    def _open(self, role: str, owner: tuple[str, str]) -> str:
        self.owners.append(owner)
        return f"/{role} << /MCID {len(self.owners) - 1} >> BDC"

    def elements(self, document: Any, section: Any, page: PDFObjectReference) -> tuple[list[Any], list[Any]]:
        """The page's structure elements in reading order, and the owner of each marked-content sequence by number."""
        marks: dict[tuple[str, str], list[int]] = {}
        for mcid, owner in enumerate(self.owners):
            marks.setdefault(owner, []).append(mcid)
        kids: list[Any] = []
        references: dict[tuple[str, str], Any] = {}

        def add(owner: tuple[str, str], entries: dict[str, Any]) -> None:
            mcids = marks.get(owner)
            if not mcids:  # Nothing of it is painted on this page.
                return
            element = {"Type": "/StructElem", "P": section, "Pg": page, "K": PDFArray(mcids), **entries}
            reference = document.Reference(_dictionary(element))
            references[owner] = reference
            kids.append(reference)

        for entry in self._order:
            if isinstance(entry, Figure):
                add(("panel", entry.box.panel), self._figure(entry))
                for block in entry.blocks:
                    add(("block", block.id), _paragraph(block))
            else:
                add(("block", entry.id), _paragraph(entry))
        return kids, [references[owner] for owner in self.owners]

    def _figure(self, figure: Figure) -> dict[str, Any]:
        box = _media_box(figure.box.rect, self._page)
        layout = _dictionary({"O": "/Layout", "Placement": "/Block", "BBox": PDFArray(box)})
        return {"S": "/Figure", "Alt": PDFString(figure.box.alt), "A": layout}


def _paragraph(block: TextBlock) -> dict[str, Any]:
    said = f"{block.speaker}: {block.text}" if block.speaker else block.text
    return {"S": f"/{_role(block)}", "ActualText": PDFString(said)}


def _role(block: TextBlock) -> str:
    return _HEADINGS.get(block.kind, "P")


def _media_box(rect: Rect, page: PageLayout) -> list[float]:
    bleed, height = page.bleed, page.trim.height + page.bleed
    return [rect.x + bleed, height - rect.bottom, rect.right + bleed, height - rect.y]


def _dictionary(entries: dict[str, Any]) -> PDFDictionary:
    dictionary = PDFDictionary(entries)
    dictionary.__RefOnly__ = 1
    return dictionary


class Structure:
    """The structure tree of the whole document, built page by page."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._root = _dictionary({"Type": "/StructTreeRoot"})
        self._root_reference = document.Reference(self._root)
        self._top = _dictionary({"Type": "/StructElem", "S": "/Document", "P": self._root_reference})
        self._top_reference = document.Reference(self._top)
        self._sections: list[Any] = []
        self._parents: list[Any] = []

    def add(self, marks: PageMarks, page: PDFObjectReference) -> int:
        """Add a page; gives the number that the page's ``StructParents`` holds."""
        section = _dictionary({"Type": "/StructElem", "S": "/Sect", "P": self._top_reference})
        section_reference = self._document.Reference(section)
        kids, owners = marks.elements(self._document, section_reference, page)
        section["K"] = PDFArray(kids)
        self._sections.append(section_reference)
        number = len(self._parents) // 2
        self._parents += [number, PDFArray(owners)]
        return number

    def finish(self) -> Any:
        """The tree's root, for the catalog."""
        self._top["K"] = PDFArray(self._sections)
        self._root["K"] = self._top_reference
        self._root["ParentTree"] = self._document.Reference(_dictionary({"Nums": PDFArray(self._parents)}))
        self._root["ParentTreeNextKey"] = len(self._parents) // 2
        return self._root
