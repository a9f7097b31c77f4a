from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
import uharfbuzz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from sample_book import BODY, HOSTILE, PROSE, SOUND, TRIM, WHOLE, Album, advances, make_book, run, story_page

from novel.errors import FileError, OutputError
from novel.export import exporter
from novel.export.pdf import pdf_bytes
from novel.export.png import read_png
from novel.geometry import Rect
from novel.layout.page import Document, FontFace, ImageItem, Item, PageLayout, PanelBox, PathItem, TextBlock, TextItem

Tool = Callable[..., str]


def one_page(*items: Item, direction: str = "ltr", bleed: float = 0.0, blocks: tuple[TextBlock, ...] = ()) -> Document:
    panels = tuple(PanelBox(i.panel, i.rect, i.alt) for i in items if isinstance(i, ImageItem))
    page = PageLayout(1, "1", TRIM, bleed, "#ffffff", items, panels, blocks)
    return Document("T", (), "en", direction, (page,), (), "novel")  # type: ignore[arg-type]


def written(document: Document, album: Album, folder: Path) -> Path:
    path = folder / "book.pdf"
    exporter("pdf")(document, album, path)
    return path


def shown(tool: Tool, path: Path, page: int = 1) -> Image.Image:
    """The page as a viewer shows it, a pixel to the point."""
    tool("pdftoppm", "-r", 72, "-png", "-cropbox", "-f", page, "-singlefile", path, path.with_suffix(""))
    return Image.open(path.with_suffix(".png")).convert("RGB")


def assert_same(picture: Image.Image, expected: Image.Image) -> None:
    assert picture.size == expected.size
    assert ImageChops.difference(picture, expected).getbbox() is None


def test_the_same_book_gives_the_same_bytes_and_asks_for_each_picture_once(album: Album, book: Document) -> None:
    assert pdf_bytes(book, album) == pdf_bytes(book, album)
    assert set(album.asked.values()) == {2}


def test_another_word_or_picture_gives_another_file_id(album: Album, book: Document) -> None:
    def id_of(document: Document) -> bytes:
        with pikepdf.open(io.BytesIO(pdf_bytes(document, album))) as pdf:
            return bytes(pdf.trailer.ID[0])

    other = replace(book, pages=(*book.pages[:2], story_page(album, 3, ("Again, and then!", "BOOM", ""))))
    assert id_of(book) != id_of(other)


def test_it_is_sound(album: Album, book: Document, tmp_path: Path, tool: Tool) -> None:
    assert "No syntax or stream encoding errors" in tool("qpdf", "--check", written(book, album, tmp_path))


def test_every_font_is_embedded_as_a_subset(album: Album, book: Document, tmp_path: Path, tool: Tool) -> None:
    lines = tool("pdffonts", written(book, album, tmp_path)).splitlines()[2:]
    assert [line.split()[0].partition("+")[2] for line in lines] == [
        "Bangers-Regular",
        "SourceSerif4-Regular",
        "ComicNeue-Regular",
        "ComicNeue-BoldItalic",
    ]
    for line in lines:
        assert re.search(r"yes\s+yes\s+yes\s+\d+\s+\d+$", line), line


def test_the_boxes_follow_trim_and_bleed(album: Album, book: Document, tmp_path: Path, tool: Tool) -> None:
    info = tool("pdfinfo", "-box", written(book, album, tmp_path))
    boxes = {m[1]: [float(n) for n in m[2].split()] for m in re.finditer(r"(\w+Box):\s+(.*)", info)}
    assert boxes["MediaBox"] == boxes["BleedBox"] == [0, 0, 495, 756]
    assert boxes["TrimBox"] == boxes["CropBox"] == [9, 9, 486, 747]


def test_words_come_out_in_reading_order(album: Album, book: Document, tmp_path: Path, tool: Tool) -> None:
    path = written(book, album, tmp_path)
    expected = [item.text for page in book.pages for item in page.items if hasattr(item, "text")]
    raw = tool("pdftotext", "-raw", path, "-").replace("\f", "\n").splitlines()
    assert [line.strip() for line in raw if line.strip()] == [text.strip() for text in expected]
    # Readers that go by where words stand find the same words; a slanted sound is one word and comes once.
    words = tool("pdftotext", path, "-").split()
    assert sorted(words) == sorted(word for text in expected for word in text.split())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(
        st.characters(min_codepoint=33, max_codepoint=0x17E, exclude_categories=["Cc", "Zs", "Cf"]),
        min_size=1,
        max_size=40,
    )
)
def test_any_text_comes_out_as_it_went_in(text: str, album: Album, tmp_path: Path, tool: Tool) -> None:
    try:
        item = run(text, "a", 40, 100, PROSE, 6.0)
    except AssertionError:  # HarfBuzz joined some of these characters; the layout hands such runs over as glyphs.
        return
    try:
        path = written(one_page(item), album, tmp_path)
    except OutputError:
        assert any(ord(c) > 0x7E for c in text)
        return
    assert tool("pdftotext", "-raw", path, "-").strip("\f\n") == text


def test_kerning_is_the_layout_s(album: Album, tmp_path: Path, tool: Tool) -> None:
    word = "AVATAR"
    item = run(word, "a", 40, 100, BODY, 40.0)
    assert item.width < sum(sum(advances(c, BODY, 40.0)) for c in word) - 1  # There is kerning to speak of.
    bbox = tool("pdftotext", "-bbox", written(one_page(item), album, tmp_path), "-")
    found = re.search(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>AVATAR<', bbox)
    assert found
    assert float(found[1]) == pytest.approx(40, abs=0.01)
    assert float(found[2]) == pytest.approx(40 + item.width, abs=0.02)


def test_wide_advances_stay_one_word_and_spaces_divide(album: Album, tmp_path: Path, tool: Tool) -> None:
    item = run("two words", "a", 40, 100)
    spread = replace(item, advances=tuple(a + 0.4 for a in item.advances), width=item.width + 0.4 * 9)
    assert tool("pdftotext", written(one_page(spread), album, tmp_path), "-").split() == ["two", "words"]


def test_a_run_from_right_to_left_stands_in_visual_order(album: Album, tmp_path: Path, tool: Tool) -> None:
    item = replace(run("abc (d", "a", 40, 100), rtl=True)
    text = tool("pdftotext", "-raw", written(one_page(item, direction="rtl"), album, tmp_path), "-")
    assert text.strip("\f\n") == "d) cba"


def test_shaped_glyphs_are_drawn_and_read_as_their_letters(album: Album, tmp_path: Path, tool: Tool) -> None:
    item = shaped("difficult office", PROSE, 30.0, "ltr")
    assert len(item.glyphs) < len(item.text)  # There are ligatures, which no character names.
    path = written(one_page(item), album, tmp_path)
    assert tool("pdftotext", path, "-").split() == ["difficult", "office"]
    ink = ImageChops.invert(shown(tool, path)).getbbox()
    assert ink is not None
    assert ink[2] == pytest.approx(40 + item.width, abs=2)


def shaped(text: str, face: FontFace, size: float, direction: str) -> TextItem:
    """A run as the layout hands it over where a script needs shaping."""
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path))))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    uharfbuzz.shape(font, buffer)
    unit = size / font.face.upem
    widths = [0.0] * len(text)
    glyphs = []
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        widths[info.cluster] += position.x_advance * unit
        glyphs.append((info.codepoint, position.x_advance * unit, position.x_offset * unit, position.y_offset * unit))
    rect = Rect(40, 100 - size, sum(widths), size)
    return TextItem(
        rect, "text", text, face, size, "#000000", 40, 100, sum(widths), tuple(widths), "a",
        rtl=direction == "rtl", glyphs=tuple(glyphs),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "file", "direction"),
    [
        ("السلام", "NotoSansArabic-Regular.ttf", "rtl"),
        ("مرحبا", "NotoSansArabic-Regular.ttf", "rtl"),
        ("क्षत्रिय", "NotoSansDevanagari-Regular.ttf", "ltr"),
    ],
)
def test_shaped_scripts_are_read_as_their_letters(
    text: str, file: str, direction: str, album: Album, tmp_path: Path, tool: Tool
) -> None:
    path = Path("/usr/share/fonts/truetype/noto") / file
    if not path.is_file():
        pytest.skip(f"{file} is not installed")
    item = shaped(text, FontFace(path.stem, path), 30.0, direction)
    assert len(item.glyphs) != len(text) or direction == "rtl"
    read = tool("pdftotext", "-raw", written(one_page(item, direction=direction), album, tmp_path), "-")
    letters = "".join(c for c in read if unicodedata.category(c) not in ("Cc", "Cf", "Mn"))
    assert letters == "".join(c for c in text if unicodedata.category(c) != "Mn")


def test_a_character_without_a_glyph_is_an_error_that_names_it(album: Album, tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(b"an older book")
    item = replace(run("a b", "a", 40, 100), text="a☃b")
    with pytest.raises(OutputError, match=r"ComicNeue-Regular has no glyph for '☃' \(U\+2603\)"):
        exporter("pdf")(one_page(item), album, path)
    assert path.read_bytes() == b"an older book"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_picture_is_an_error_and_the_old_book_stays(album: Album, tmp_path: Path) -> None:
    good = album.files[album.scene(1)]
    path = tmp_path / "book.pdf"
    path.write_bytes(b"an older book")
    for damaged in (good[: len(good) // 2], b"GIF89a", good[:40]):
        sha256 = hashlib.sha256(damaged).hexdigest()
        album.files[sha256] = damaged
        with pytest.raises(OutputError, match=sha256[:12]):
            exporter("pdf")(one_page(ImageItem(Rect(0, 0, 9, 9), "p", sha256, WHOLE, "")), album, path)
    assert path.read_bytes() == b"an older book"


def test_a_place_that_can_t_be_written_is_a_file_error(album: Album, book: Document, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError):
        exporter("pdf")(book, album, tmp_path / "file" / "book.pdf")


def test_a_broken_font_is_an_error(album: Album, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00 no font at all")
    item = run("abc", "a", 40, 100)
    broken = replace(item, font=replace(item.font, path=tmp_path / "broken.ttf"))
    with pytest.raises(OutputError, match="can't be embedded"):
        pdf_bytes(one_page(broken), album)


def test_pictures_go_in_once_and_untouched(album: Album, book: Document, tmp_path: Path, tool: Tool) -> None:
    again = replace(book.pages[1], number=4, label="4")
    path = written(replace(book, pages=(*book.pages, again)), album, tmp_path)
    rows = [line.split() for line in tool("pdfimages", "-list", path).splitlines()[2:]]
    assert len(rows) == 9
    assert len({row[10] for row in rows}) == 6
    assert {tuple(row[2:5]) for row in rows} == {("image", "768", "384")}
    with pikepdf.open(path) as pdf:
        raw = {bytes(o.read_raw_bytes()) for page in pdf.pages for o in page.Resources.get("/XObject", {}).values()}
    assert raw == {read_png(data, "").pixels for data in album.files.values()}


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "I;16", "RGBA", "LA", "opaque RGBA", "interlaced", "tRNS"])
def test_any_png_shows_its_own_pixels(mode: str, album: Album, tmp_path: Path, tool: Tool) -> None:
    base = Image.open(io.BytesIO(album.files[album.scene(3, (64, 48))]))
    if mode in ("RGBA", "LA"):
        base = base.convert(mode)
        base.putalpha(Image.linear_gradient("L").resize(base.size))
        sha256 = album.add(base)
    elif mode == "opaque RGBA":
        sha256 = album.add(base.convert("RGBA"))
    elif mode == "P":
        sha256 = album.add(base.quantize(17))
    elif mode == "I;16":
        sha256 = album.add(base.convert("L").convert("I").point(lambda v: v * 257).convert("I;16"))
    elif mode == "interlaced":
        sha256 = album.add(base)
        data = (Path(__file__).parent / "interlaced.png").read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        album.files[sha256] = data
    elif mode == "tRNS":
        sha256 = album.add(base.quantize(17), transparency=0)
    else:
        sha256 = album.add(base.convert(mode))
    original = Image.open(io.BytesIO(album.files[sha256]))
    item = ImageItem(Rect(20, 30, *original.size), "p", sha256, WHOLE, "A scene")
    path = written(one_page(item), album, tmp_path)
    tool("qpdf", "--check", path)
    tool("pdfimages", "-png", path, tmp_path / "out")
    pictures = [Image.open(file) for file in sorted(tmp_path.glob("out-*.png"))]
    if original.mode == "I;16":
        expected = original.convert("I").point(lambda v: v / 257).convert("L").convert("RGB")
    else:
        expected = original.convert("RGBA").convert("RGB")
    assert_same(pictures[0].convert("RGB"), expected)
    if mode in ("RGBA", "LA", "tRNS"):
        assert_same(pictures[1].convert("L"), original.convert("RGBA").getchannel("A"))
    else:
        assert len(pictures) == 1


def test_a_picture_is_cropped_to_its_source_and_clipped(album: Album, tmp_path: Path, tool: Tool) -> None:
    quarters = Image.new("RGB", (100, 100), "red")
    quarters.paste("blue", (50, 0, 100, 50))
    quarters.paste("lime", (0, 50, 50, 100))
    sha256 = album.add(quarters)
    # The lower half, with both its colours, in a frame of another shape.
    item = ImageItem(Rect(100, 200, 80, 20), "p", sha256, Rect(0.0, 0.5, 1.0, 0.5), "")
    page = shown(tool, written(one_page(item, bleed=9.0), album, tmp_path))
    assert page.size == (477, 738)
    assert page.getpixel((110, 210)) == (0, 255, 0)
    assert page.getpixel((170, 210)) == (255, 0, 0)
    assert {page.getpixel(p) for p in ((98, 210), (183, 210), (140, 197), (140, 223))} == {(255, 255, 255)}


def test_outlines_are_filled_stroked_and_dashed(album: Album, tmp_path: Path, tool: Tool) -> None:
    rect = Rect(100, 100, 100, 50)
    circle = (
        ("M", 150.0, 100.0),
        ("C", 200.0, 100.0, 200.0, 150.0, 150.0, 150.0),
        ("C", 100.0, 150.0, 100.0, 100.0, 150.0, 100.0),
        ("Z",),
    )
    line = (("M", 50.0, 300.0), ("L", 250.0, 300.0))
    items = (
        PathItem(rect, "balloon", circle, "#ff0000", "#0000ff", 4.0),
        PathItem(Rect(50, 299, 200, 2), "rule", line, None, "#000000", 4.0, (20.0, 20.0)),
        PathItem(rect, "nothing", circle),
    )
    page = shown(tool, written(one_page(*items), album, tmp_path))
    assert page.getpixel((150, 125)) == (255, 0, 0)
    assert page.getpixel((150, 150)) == (0, 0, 255)
    assert page.getpixel((102, 102)) == (255, 255, 255)
    assert [page.getpixel((x, 299)) for x in (60, 80, 100)] == [(0, 0, 0), (255, 255, 255), (0, 0, 0)]


def test_a_sound_s_outline_lies_beneath_its_fill(album: Album, tmp_path: Path, tool: Tool) -> None:
    bare = replace(run("I", "a", 100, 200, SOUND, 100.0), color="#ff0000")
    filled = shown(tool, written(one_page(bare), album, tmp_path))
    item = replace(bare, outline="#0000ff", outline_width=10.0)
    outlined = shown(tool, written(one_page(item), album, tmp_path))
    inside = [p for p in ((x, y) for x in range(90, 150) for y in range(100, 210)) if filled.getpixel(p) == (255, 0, 0)]
    assert inside
    assert {outlined.getpixel(p) for p in inside} == {(255, 0, 0)}
    assert (0, 0, 255) in {color for _, color in outlined.getcolors(1 << 16) or []}


def test_an_angle_turns_clockwise(album: Album, tmp_path: Path, tool: Tool) -> None:
    item = run("lll", "a", 200, 200, SOUND, 60.0, angle=90.0)
    ink = ImageChops.invert(shown(tool, written(one_page(item), album, tmp_path))).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert left >= 199  # What stood above the baseline lies to its right …
    assert top >= 199  # … and the run goes down from its beginning.
    assert right - left < bottom - top + 30


def test_the_catalog_tells_what_the_book_is(album: Album, book: Document) -> None:
    with pikepdf.open(io.BytesIO(pdf_bytes(book, album))) as pdf:
        root = pdf.Root
        assert str(root.Lang) == "en-GB"
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert root.ViewerPreferences.Direction == "/L2R"
        assert str(pdf.docinfo.Title) == book.title
        assert str(pdf.docinfo.Author) == "Zoë O’Hara, Søren & Sons"
        assert "/CreationDate" not in pdf.docinfo
        with pdf.open_outline() as outline:
            assert [(str(e.title), pdf.pages.index(pikepdf.Page(e.destination[0]))) for e in outline.root] == [
                (e.title, e.page) for e in book.outline
            ]
        assert [page.label for page in pdf.pages] == ["i", "2", "3"]
        assert root.MarkInfo.Marked


def test_metadata_marks_the_pictures_as_made_by_a_model(album: Album, book: Document) -> None:
    with pikepdf.open(io.BytesIO(pdf_bytes(book, album))) as pdf, pdf.open_metadata() as meta:
        assert meta["dc:title"] == book.title
        assert meta["dc:creator"] == list(book.authors)
        assert meta["dc:language"] == {"en-GB"} or list(meta["dc:language"]) == ["en-GB"]
        source = meta["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"]
        assert source == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def test_a_book_read_from_right_to_left_says_so(album: Album) -> None:
    book = make_book(album, direction="rtl", language="he")
    with pikepdf.open(io.BytesIO(pdf_bytes(book, album))) as pdf:
        assert pdf.Root.ViewerPreferences.Direction == "/R2L"


def test_the_structure_reads_figures_and_words_in_order(album: Album, book: Document) -> None:
    with pikepdf.open(io.BytesIO(pdf_bytes(book, album))) as pdf:
        section = pdf.Root.StructTreeRoot.K.K[1]
        told = [(str(e.S), str(e.get("/Alt", e.get("/ActualText", "")))) for e in section.K]
        assert told == [
            ("/Figure", "Scene 2.0"),
            ("/P", f"Ana Ruiz: {HOSTILE}"),
            ("/P", "Ben: No, it can't be. AVATAR!"),
            ("/Figure", "Scene 2.1"),
            ("/P", "KRAK!"),
            ("/Figure", "Scene 2.2"),
        ]
        # Each marked sequence of the page leads back to its element.
        page = pdf.pages[1]
        owners = pdf.Root.StructTreeRoot.ParentTree.Nums[2 * int(page.StructParents) + 1]
        for element in section.K:
            for mcid in element.K:
                assert owners[int(mcid)].objgen == element.objgen


def test_pages_without_pictures_or_words_are_written(album: Album, tmp_path: Path, tool: Tool) -> None:
    assert "Pages:           1" in tool("pdfinfo", written(one_page(), album, tmp_path))
