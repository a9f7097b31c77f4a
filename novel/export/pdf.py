"""The book as one PDF: real text in embedded fonts, each picture once, a table of contents, a logical structure.

The crop box is the trim, so that a screen shows the finished page; the media box holds the bleed for a printer.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFObjectReference, PDFStream, PDFString

from novel.export.pdf_content import Content
from novel.export.pdf_fonts import Fonts
from novel.export.pdf_picture import PictureObject
from novel.export.pdf_structure import PageMarks, Structure
from novel.layout.page import Document, ImageItem, PageLayout, PathItem
from novel.store import write_atomically

if TYPE_CHECKING:
    from novel.export import Pictures

AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name for media made by a trained algorithm (NewsCodes, Digital Source Type)."""


def write_pdf(document: Document, pictures: Pictures, path: Path) -> None:
    """Write the book to ``path``. Raises OutputError (a glyph or picture that can't be shown) and FileError."""
    write_atomically(path, pdf_bytes(document, pictures))


def pdf_bytes(document: Document, pictures: Pictures) -> bytes:
    """The PDF file. The same document and pictures give the same bytes."""
    # Neither comments nor line breaks between entries: they'd only take room.
    rl_config.pdfComments, rl_config.pdfMultiLine = 0, 0
    pdf = pdfdoc.PDFDocument(compression=1, invariant=1, pdfVersion=(1, 7), lang=document.language)
    fonts, structure = Fonts(pdf, document.language), Structure(pdf)
    drawn = _PictureNames(pdf, pictures)
    told: set[str] = set()
    for page in document.pages:
        _add_page(pdf, page, PageMarks(page, told), fonts, structure, drawn)
        told |= {box.panel for box in page.panels}
    fonts.embed()
    pdf.info = _Info(document)
    catalog = pdf.Catalog
    catalog.ViewerPreferences = PDFDictionary(
        {"DisplayDocTitle": "true", "Direction": "/R2L" if document.direction == "rtl" else "/L2R"}
    )
    catalog.PageLabels = _page_labels(document)
    catalog.StructTreeRoot = structure.finish()
    catalog.MarkInfo = PDFDictionary({"Marked": "true"})
    catalog.Metadata = _xmp(document)
    catalog.Outlines = _outline(pdf, document)
    if _has_spreads(document):
        catalog.setPageLayout("TwoPageRight")
    return bytes(pdf.format())


class _PictureNames:
    """Gives each picture of the book one object, and a name to draw it by."""

    def __init__(self, pdf: Any, pictures: Pictures) -> None:
        self._pdf = pdf
        self._pictures = pictures
        self.references: dict[str, tuple[str, Any]] = {}

    def __call__(self, sha256: str) -> str:
        if sha256 not in self.references:
            self._pdf.updateSignature(sha256)
            reference = self._pdf.Reference(PictureObject(sha256, self._pictures))
            self.references[sha256] = (f"Im{len(self.references) + 1}", reference)
        return self.references[sha256][0]


class _Page(pdfdoc.PDFPage):  # type: ignore[misc]
    """A page that may also name its place in the structure tree, which reportlab's own can't."""

    __NoDefault__: ClassVar[list[str]] = [*pdfdoc.PDFPage.__NoDefault__, "StructParents", "Tabs"]


def _add_page(
    pdf: Any, page: PageLayout, marks: PageMarks, fonts: Fonts, structure: Structure, drawn: _PictureNames
) -> None:
    used: dict[str, Any] = {}

    def picture(sha256: str) -> str:
        name = drawn(sha256)
        used[name] = drawn.references[sha256][1]
        return name

    content = Content(page, fonts, picture)
    for item in page.items:
        if isinstance(item, ImageItem):
            content.begin(marks.picture(item.panel) or "/Artifact BMC")
            content.image(item)
        elif isinstance(item, PathItem):
            content.begin("/Artifact BMC")
            content.path(item)
        else:
            content.begin(marks.block(item.block) or "/Artifact BMC")
            content.run(item)
        content.end()
    stream = content.text()
    pdf.updateSignature(stream)

    width, height = page.trim.width + 2 * page.bleed, page.trim.height + 2 * page.bleed
    trim = [page.bleed, page.bleed, page.bleed + page.trim.width, page.bleed + page.trim.height]
    leaf = _Page()
    leaf.MediaBox = PDFArray([0, 0, width, height])
    leaf.BleedBox = PDFArray([0, 0, width, height])
    leaf.TrimBox = PDFArray(trim)
    leaf.CropBox = PDFArray(trim)
    leaf.Contents = PDFStream(content=stream, filters=[pdfdoc.PDFZCompress])
    leaf.Resources = PDFDictionary(
        {"Font": PDFObjectReference(pdfdoc.BasicFonts), **({"XObject": PDFDictionary(used)} if used else {})}
    )
    leaf.StructParents = structure.add(marks, pdf.thisPageRef())
    leaf.Tabs = "/S"
    pdf.addPage(leaf)


class _Info(pdfdoc.PDFObject):  # type: ignore[misc]
    """The information dictionary, without dates: the same book gives the same bytes on any day."""

    def __init__(self, document: Document) -> None:
        self._entries = {"Title": document.title, "Creator": document.generator, "Producer": document.generator}
        if document.authors:
            self._entries["Author"] = ", ".join(document.authors)

    def format(self, pdf: Any) -> bytes:
        return bytes(PDFDictionary({k: PDFString(v) for k, v in self._entries.items()}).format(pdf))


def _outline(pdf: Any, document: Document) -> Any:
    """The table of contents that a viewer shows beside the pages; None where there is none."""
    if not document.outline:
        return None
    root = PDFDictionary({"Type": "/Outlines", "Count": len(document.outline)})
    root_reference = pdf.Reference(root)
    entries = []
    for entry in document.outline:
        page = PDFObjectReference(f"Page{entry.page + 1}")
        entries.append(
            PDFDictionary({"Title": PDFString(entry.title), "Parent": root_reference, "Dest": PDFArray([page, "/Fit"])})
        )
    references = [pdf.Reference(entry) for entry in entries]
    for number, entry in enumerate(entries):
        if number:
            entry["Prev"] = references[number - 1]
        if number + 1 < len(entries):
            entry["Next"] = references[number + 1]
    root["First"], root["Last"] = references[0], references[-1]
    return root


def _page_labels(document: Document) -> PDFDictionary:
    """The page numbers that a viewer shows: as printed. A run of rising numbers is one entry."""
    numbers: list[Any] = []
    expected: int | None = None
    for index, page in enumerate(document.pages):
        number = int(page.label) if page.label.isascii() and page.label.isdigit() else None
        if number is not None and number > 0:
            if number != expected:
                numbers += [index, PDFDictionary({"S": "/D", "St": number})]
            expected = number + 1
        else:
            numbers += [index, PDFDictionary({"P": PDFString(page.label)} if page.label else {})]
            expected = None
    return PDFDictionary({"Nums": PDFArray(numbers)})


def _has_spreads(document: Document) -> bool:
    """Whether any picture runs across two facing pages."""
    panels = [{box.panel for box in page.panels} for page in document.pages]
    return any(left & right for left, right in pairwise(panels))


def _xmp(document: Document) -> PDFStream:
    """The metadata packet (ISO 16684-1): Dublin Core, and IPTC's mark that the pictures are made by a model."""
    authors = "".join(f"<rdf:li>{_xml(author)}</rdf:li>" for author in document.authors)
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{_xml(document.title)}</rdf:li></rdf:Alt></dc:title>
{f"<dc:creator><rdf:Seq>{authors}</rdf:Seq></dc:creator>" if authors else ""}
<dc:language><rdf:Bag><rdf:li>{_xml(document.language)}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{_xml(document.generator)}</xmp:CreatorTool>
<pdf:Producer>{_xml(document.generator)}</pdf:Producer>
<Iptc4xmpExt:DigitalSourceType>{AI_SOURCE}</Iptc4xmpExt:DigitalSourceType>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>
"""
    # Not compressed, so that tools that only scan for the packet find it.
    return PDFStream(PDFDictionary({"Type": "/Metadata", "Subtype": "/XML"}), packet.encode())


def _xml(text: str) -> str:
    """Text as XML holds it: escaped, and without the control characters that XML 1.0 forbids."""
    return escape("".join(c for c in text if c >= " " or c in "\t\n"), quote=False)
