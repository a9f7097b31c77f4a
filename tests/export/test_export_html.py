from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pikepdf
import pytest
import uharfbuzz
from chromium import Chromium
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_book import BODY, HOSTILE, TRIM, Album, make_book, run, story_page

from novel.errors import OutputError
from novel.export import exporter
from novel.export.html import html_bytes
from novel.geometry import Rect, Size
from novel.layout.page import Document, ImageItem, PageLayout, PanelBox, TextBlock, TextItem

_VOID = {"meta", "img", "br", "link", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        found = [self] if self.tag == tag else []
        for child in self.children:
            if isinstance(child, Element):
                found += child.all(tag)
        return found

    def text(self, *, aloud: bool = False) -> str:
        """All text within; ``aloud`` leaves out what reading software skips."""
        if aloud and (self.attributes.get("aria-hidden") == "true" or self.tag in ("style", "script")):
            return ""
        return "".join(c if isinstance(c, str) else c.text(aloud=aloud) for c in self.children)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.stack = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs})
        self.stack[-1].children.append(element)
        if tag not in _VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack[-1].children.append(Element(tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack[-1].tag == tag, f"</{tag}> closes <{self.stack[-1].tag}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)


def parsed(data: bytes) -> Element:
    parser = _Parser()
    parser.feed(data.decode())
    parser.close()
    assert parser.stack == [parser.root]
    return parser.root


def spread_book(album: Album) -> Document:
    """Two facing pages that share one picture."""
    sha256 = album.scene(9, (960, 384))
    halves = [
        (2, Rect(20.0, 50.0, 457.0, 400.0), Rect(0.0, 0.0, 0.5, 1.0)),
        (3, Rect(0.0, 50.0, 457.0, 400.0), Rect(0.5, 0.0, 0.5, 1.0)),
    ]
    book = make_book(album)
    pages = [
        replace(
            story_page(album, number, ("", "", "")),
            items=(ImageItem(rect, "wide", sha256, source, "A wide view"),),
            panels=(PanelBox("wide", rect, "A wide view"),),
            blocks=(),
        )
        for number, rect, source in halves
    ]
    return replace(book, pages=(book.pages[0], *pages))


def test_the_same_book_gives_the_same_bytes_and_asks_for_each_picture_once(album: Album, book: Document) -> None:
    assert html_bytes(book, album) == html_bytes(book, album)
    assert set(album.asked.values()) == {2}


def test_the_old_file_survives_a_failed_export(album: Album, book: Document, tmp_path: Path) -> None:
    path = tmp_path / "book.html"
    path.write_bytes(b"an older book")
    item = run("abc", "title", 40, 100)
    (tmp_path / "broken.ttf").write_bytes(b"no font at all")
    broken = replace(item, font=replace(item.font, path=tmp_path / "broken.ttf"))
    page = replace(book.pages[0], items=(broken,))
    with pytest.raises(OutputError, match="can't be embedded"):
        exporter("html")(replace(book, pages=(page,)), album, path)
    assert path.read_bytes() == b"an older book"


def test_it_asks_nobody_for_anything(album: Album, book: Document) -> None:
    data = html_bytes(book, album).decode()
    addresses = re.findall(r"""(?:src|href|srcset|action|data|poster)=["']([^"']{0,40})""", data)
    addresses += re.findall(r"url\(\s*[\"']?([^)]{0,40})", data)
    assert addresses
    assert all(a.startswith(("data:", "#")) for a in addresses), addresses
    assert "@import" not in data
    assert "<link" not in data


def test_the_policy_allows_the_one_script_and_nothing_else(album: Album, book: Document) -> None:
    root = parsed(html_bytes(book, album))
    (script,) = root.all("script")
    digest = base64.b64encode(hashlib.sha256(script.text().encode()).digest()).decode()
    (policy,) = (m for m in root.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.attributes["content"].split(";"))
    assert directives == {
        "default-src": "'none'",
        "img-src": "data:",
        "font-src": "data:",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    handlers = [a for e in root.all("section") + root.all("p") + root.all("img") for a in e.attributes if a[:2] == "on"]
    assert not handlers


def test_language_direction_and_title(album: Album, book: Document) -> None:
    root = parsed(html_bytes(book, album))
    (html,) = root.all("html")
    assert (html.attributes["lang"], html.attributes["dir"]) == ("en-GB", "ltr")
    assert root.all("title")[0].text() == book.title
    assert [m.attributes["content"] for m in root.all("meta") if m.attributes.get("name") == "author"] == list(
        book.authors
    )
    assert "trainedAlgorithmicMedia" in {m.attributes.get("content") for m in root.all("meta")}


def test_each_panel_is_a_figure_with_its_alternative_text(album: Album, book: Document) -> None:
    figures = parsed(html_bytes(book, album)).all("figure")
    boxes = [box for page in book.pages for box in page.panels]
    assert [f.all("img")[0].attributes["alt"] for f in figures] == [box.alt for box in boxes]
    assert [f.attributes["id"] for f in figures] == [f"panel-{box.panel}" for box in boxes]


def test_each_text_is_read_once_with_its_speaker_and_seen_once(album: Album, book: Document) -> None:
    main = parsed(html_bytes(book, album)).all("main")[0]
    blocks = [block for page in book.pages for block in page.blocks if block.kind != "folio"]
    said = [p.text() for p in main.all("p")]
    assert said == [f"{b.speaker} {b.text}" if b.speaker else b.text for b in blocks]
    assert HOSTILE in main.text(aloud=True)
    runs = [item.text for page in book.pages for item in page.items if isinstance(item, TextItem)]
    assert [t.text() for t in main.all("text")] == runs
    assert all(svg.attributes["aria-hidden"] == "true" for svg in main.all("svg"))


def test_pictures_go_in_once_and_untouched(album: Album, book: Document) -> None:
    data = html_bytes(replace(book, pages=(*book.pages, replace(book.pages[1], number=4))), album).decode()
    kept = [base64.b64decode(m) for m in re.findall(r"data:image/png;base64,([\w+/=]+)", data)]
    assert sorted(kept) == sorted(album.files.values())


def test_a_picture_across_two_pages_is_kept_once_and_whole_for_a_phone(album: Album) -> None:
    root = parsed(html_bytes(spread_book(album), album))
    assert len(root.all("image")) == 1
    first, second = root.all("figure")
    assert [svg.attributes["viewbox"] for svg in first.all("svg")] == ["0 0 1 1", "0 0 0.5 1"]
    assert [svg.attributes["viewbox"] for svg in second.all("svg")] == ["0.5 0 0.5 1"]
    assert "again" in second.attributes["class"]
    assert {svg.attributes.get("aria-label") for svg in first.all("svg")} == {"A wide view"}
    assert [svg.attributes.get("aria-hidden") for svg in second.all("svg")] == ["true"]  # It is told once.


def test_fonts_hold_what_is_shown_and_little_more(album: Album, book: Document) -> None:
    data = html_bytes(book, album).decode()
    faces = re.findall(r"@font-face\{font-family:(f\d+);src:url\(data:font/ttf;base64,([\w+/=]+)\)", data)
    assert len(faces) == 4
    for _, encoded in faces:
        file = base64.b64decode(encoded)
        known = uharfbuzz.Face(uharfbuzz.Blob(file)).unicodes
        assert 0 < len(known) < 120
        assert len(file) < 30_000
    shown = {
        ord(c) for page in book.pages for i in page.items if isinstance(i, TextItem) and i.font == BODY for c in i.text
    }
    body = uharfbuzz.Face(uharfbuzz.Blob(base64.b64decode(faces[2][1]))).unicodes
    assert shown <= set(body)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60),
    speaker=st.sampled_from(["", "Ana", "<b>&\"'"]),
)
def test_any_text_comes_out_as_it_went_in(text: str, speaker: str, album: Album) -> None:
    block = TextBlock("a", "speech", text, "p", speaker)
    page = PageLayout(1, "1", TRIM, 0.0, "#ffffff", (), (PanelBox("p", Rect(0, 0, 9, 9), text),), (block,))
    root = parsed(html_bytes(Document(text, (text,), "en", "ltr", (page,), (), text), album))
    assert root.all("title")[0].text() == text
    assert root.all("h1")[0].text() == text
    (said,) = root.all("main")[0].all("p")
    assert said.text() == (f"{speaker} {text}" if speaker else text)
    assert root.all("figure")[0].all("div")[0].attributes["aria-label"] == text
    assert len(root.all("script")) == 1


def test_it_opens_without_a_word_of_complaint(album: Album, book: Document, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    chromium.open(path, 1440, 900)
    assert chromium.complaints == []
    assert [url for url in chromium.requests if not url.startswith("data:")] == [path.as_uri()]
    assert chromium.js("document.title") == book.title
    assert chromium.js("document.scripts.length") == 1
    assert chromium.js("[...document.images].every(i => i.complete && i.naturalWidth === 768)")
    assert chromium.js("[...document.fonts].filter(f => f.status === 'error').length") == 0


def test_on_a_desk_it_shows_the_pages(album: Album, book: Document, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    chromium.open(path, 1440, 900)
    title, left, right = chromium.js(
        "[...document.querySelectorAll('.page')].map(p => p.getBoundingClientRect())"
        ".map(r => [r.x, r.y, r.width, r.height])"
    )
    assert title[0] + title[2] / 2 == pytest.approx(720, abs=1)
    assert left[1] == right[1] > title[1] + title[3]  # Facing pages lie side by side.
    assert left[0] + left[2] == pytest.approx(right[0], abs=1)
    assert left[2] / left[3] == pytest.approx(TRIM.width / TRIM.height, rel=1e-3)
    assert chromium.js("document.documentElement.scrollWidth <= innerWidth")
    # A picture stands where the layout put it, and shows the part that the layout chose.
    scale = left[2] / TRIM.width
    art = chromium.js(
        "(() => { const a = document.querySelector('.art'), r = a.getBoundingClientRect(), "
        "i = a.firstChild.getBoundingClientRect(); return [r.x, r.width, r.height, i.height] })()"
    )
    assert art[0] - left[0] == pytest.approx(22.5 * scale, abs=0.5)
    assert art[1:] == pytest.approx([432 * scale, 210 * scale, 210 / 0.9722 * scale], rel=2e-3)
    # The fonts measure what the layout measured, before the length is forced.
    runs = [item for page in book.pages for item in page.items if isinstance(item, TextItem)]
    widths = chromium.js(
        "[...document.querySelectorAll('.layer text')].map(t => { const c = t.cloneNode(true);"
        "c.removeAttribute('textLength'); t.parentNode.append(c);"
        "const w = c.getComputedTextLength(); c.remove(); return w })"
    )
    assert widths == pytest.approx([item.width for item in runs], rel=0.01)
    # Words that are only read aloud take no room and can't be picked up twice.
    hidden = chromium.js("[...document.querySelectorAll('figcaption')].map(e => getComputedStyle(e).clipPath)")
    assert set(hidden) == {"inset(50%)"}
    chromium.js("getSelection().selectAllChildren(document.querySelector('main'))")
    assert chromium.js("getSelection().toString()").count("AVATAR") == 2


def test_on_a_phone_it_shows_panels_with_readable_words(
    album: Album, book: Document, tmp_path: Path, chromium: Chromium
) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    for script in (True, False):  # The same without the script.
        chromium.open(path, 390, 844, mobile=True, script=script)
        chromium.do("Emulation.setScriptExecutionDisabled", value=False)
        assert chromium.js("document.documentElement.scrollWidth") == 390
        assert chromium.js("getComputedStyle(document.querySelector('.flows .layer')).display") == "none"
        # The title page's letters are large enough as they are.
        assert chromium.js("document.querySelector('.poster .layer').getBoundingClientRect().width") == 390
        arts = chromium.js("[...document.querySelectorAll('.art')].map(a => a.getBoundingClientRect().width)")
        assert arts == [390] * 6
        sizes = chromium.js(
            "[...document.querySelectorAll('.flows .words > span')]"
            ".map(s => [parseFloat(getComputedStyle(s).fontSize), s.getBoundingClientRect().width])"
        )
        assert min(size for size, _ in sizes) >= 15
        assert min(width for _, width in sizes) > 20
        seen = chromium.js("document.querySelector('main').innerText")
        assert HOSTILE in seen
        assert seen.count("can't be. AVATAR!") == 2


def test_a_spread_is_one_picture_on_a_phone(album: Album, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(spread_book(album), album, path)
    sizes = (
        "[...document.querySelectorAll('.art')].map(a => a.getBoundingClientRect()).filter(r => r.width)"
        ".map(r => [r.width, Math.round(r.height)])"
    )
    chromium.open(path, 390, 844, mobile=True)
    assert chromium.js(sizes) == [[390, round(390 * 400 / 914)]]
    chromium.open(path, 1440, 900)
    left, right = chromium.js(
        "[...document.querySelectorAll('.art:not(.whole)')].map(a => a.getBoundingClientRect())"
        ".map(r => [r.x, r.right])"
    )
    assert left[1] == pytest.approx(right[0], abs=1)


def test_panel_by_panel(album: Album, book: Document, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    chromium.open(path, 1440, 900)
    where = "document.querySelector('.where').textContent"
    frame = (
        "(() => { const r = document.querySelector('.lamp').getBoundingClientRect();"
        "return [r.left, r.top, r.right, r.bottom] })()"
    )
    chromium.key("g")
    assert chromium.js(where) == "1 / 7"
    for step in range(2, 8):
        chromium.key("ArrowRight")
        assert chromium.js(where) == f"{step} / 7"
        left, top, right, bottom = chromium.js(frame)
        assert left >= 0
        assert top >= 0
        assert right <= 1440
        assert bottom <= 900
        assert right - left > 1300
    chromium.key("ArrowLeft")
    assert chromium.js(where) == "6 / 7"
    chromium.key("Escape")
    chromium.js("new Promise(done => setTimeout(done, 100))")
    assert not chromium.js("document.documentElement.classList.contains('guided')")
    assert chromium.js("scrollY") > 900  # Back where the last panel is.
    # On a phone a wide panel is shown in parts, each of its balloons large enough to read.
    chromium.open(path, 390, 844, mobile=True)
    chromium.js("document.querySelector('.guide').click()")
    chromium.key("Home")
    chromium.key("ArrowRight")
    balloons = (
        "[...document.querySelectorAll('.page.now .layer text')].map(e => e.getBoundingClientRect())"
        ".map(r => [r.left >= 0 && r.right <= 390 && r.top >= 0, r.height])"
    )
    first = chromium.js(balloons)
    assert first[0][0]
    assert first[1][0]
    assert first[0][1] >= 12
    assert not first[2][0]
    assert chromium.js(where) == "2 / 7"
    chromium.key("ArrowRight")
    assert chromium.js(where) == "2 / 7"
    assert chromium.js(balloons)[2][0]
    chromium.js("history.back()")
    chromium.js("new Promise(done => setTimeout(done, 100))")
    assert not chromium.js("document.documentElement.classList.contains('guided')")
    assert chromium.complaints == []


def test_a_panel_is_opened_where_it_is_touched(
    album: Album, book: Document, tmp_path: Path, chromium: Chromium
) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    where = "document.querySelector('.where').textContent"
    chromium.open(path, 390, 844, mobile=True)
    chromium.js("document.querySelectorAll('.flows .art')[4].firstChild.click()")
    assert chromium.js(where) == "6 / 7"
    chromium.open(path, 1440, 900)
    spot = chromium.js(
        "(() => { const p = document.querySelectorAll('.page')[2]; p.scrollIntoView();"
        "const r = p.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height * 0.5] })()"
    )
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            chromium.do("Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=count)
    assert chromium.js(where) == "6 / 7"


def test_covers_are_one_step_and_columns_of_prose_are_parts_of_one(album: Album, book: Document) -> None:
    lines = [("a", 40, 500), ("a", 40, 512), ("b", 40, 524), ("b", 250, 500), ("c", 250, 512)]
    page = replace(
        book.pages[0],
        number=4,
        items=tuple(run("Some words", block, x, y) for block, x, y in lines),
        blocks=tuple(TextBlock(block, "prose", "Some words") for block in "abc"),
    )
    steps = [
        section.attributes["data-steps"]
        for section in parsed(html_bytes(replace(book, pages=(book.pages[0], page)), album)).all("section")
    ]
    assert steps[0] == "0 0 477 738"
    frame, left, right = ([float(n) for n in rect.split()] for rect in steps[1].split(","))
    assert (left[0], right[0]) == (40, 250)
    assert left[3] > right[3] > 15
    assert frame[0] < 40
    assert frame[0] + frame[2] > right[0] + right[2]


def test_pages_of_different_lengths_stand_as_a_strip_and_print_on_their_own_paper(
    album: Album, book: Document, tmp_path: Path, chromium: Chromium
) -> None:
    long = replace(book.pages[1], trim=Size(477.0, 1500.0))
    path = tmp_path / "book.html"
    exporter("html")(replace(book, pages=(book.pages[0], long, book.pages[2])), album, path)
    chromium.open(path, 1440, 900)
    boxes = chromium.js(
        "[...document.querySelectorAll('.page')].map(p => p.getBoundingClientRect()).map(r => [r.x, r.top, r.bottom])"
    )
    assert len({round(x) for x, _, _ in boxes}) == 1
    assert [top for _, top, _ in boxes[1:]] == pytest.approx([bottom for _, _, bottom in boxes[:-1]], abs=1)
    with pikepdf.open(io.BytesIO(chromium.printed())) as pdf:
        assert [[round(float(n)) for n in page.mediabox[2:]] for page in pdf.pages] == [
            [477, 738],
            [477, 1500],
            [477, 738],
        ]


def test_from_right_to_left_keys_and_pages_are_mirrored(album: Album, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(make_book(album, direction="rtl", language="he"), album, path)
    chromium.open(path, 1440, 900)
    _, second, third = chromium.js("[...document.querySelectorAll('.page')].map(p => p.getBoundingClientRect().x)")
    assert second > third
    texts = chromium.js("[...document.querySelectorAll('.layer text')].map(t => t.getBBox().x)")
    assert texts[0] == pytest.approx(40, abs=1)  # Runs stand where they were put, whatever the book's direction.
    chromium.key("g")
    chromium.key("ArrowLeft")
    assert chromium.js("document.querySelector('.where').textContent") == "2 / 7"
    chromium.key("ArrowRight")
    assert chromium.js("document.querySelector('.where').textContent") == "1 / 7"


def test_it_prints_page_by_page(album: Album, book: Document, tmp_path: Path, chromium: Chromium) -> None:
    path = tmp_path / "book.html"
    exporter("html")(book, album, path)
    chromium.open(path, 1440, 900)
    with pikepdf.open(io.BytesIO(chromium.printed())) as pdf:
        sizes = [[round(float(n)) for n in page.mediabox[2:]] for page in pdf.pages]
    assert sizes == [[477, 738]] * 3
