"""Stories in scripts that no bundled font has, built as a writer builds them and read with the readers of others."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from chromium import Chromium
from PIL import Image
from sample_book import need

from novel.layout.scripts import script_of, system_files


@dataclass(frozen=True)
class Tale:
    """A small story: its title, what two people say, a caption, a sound word and running text."""

    language: str
    names: tuple[str, str]
    title: str
    caption: str
    lines: tuple[str, ...]
    sound: str
    prose: str

    def story(self) -> dict[str, Any]:
        first, second = self.names
        panels: list[dict[str, Any]] = [
            {"id": "talk", "cast": ["a", "b"], "prompt": "a lab", "caption": self.caption},
            {"id": "bang", "cast": ["b"], "prompt": "a bang", "sfx": self.sound, "prose": self.prose},
        ]
        panels[0]["say"] = [{"ab"[i % 2]: line} for i, line in enumerate(self.lines)]
        return {
            "novel": 1,
            "title": self.title,
            "language": self.language,
            "style": "plain",
            "characters": {"a": {"name": first, "look": "a woman"}, "b": {"name": second, "look": "a man"}},
            "chapters": [{"id": "one", "title": self.title, "panels": panels}],
        }

    @property
    def heard(self) -> list[str]:
        """Each text as it is to be read."""
        return [t.replace("*", "") for t in (self.title, self.caption, *self.lines, self.sound, self.prose)]


RIGHT_TO_LEFT = ("ar", "he")
BETWEEN_WORDS = r"[^\w\u0300-\u036f\u064b-\u0652\u0e30-\u0e4e]+"

TALES = [
    Tale(
        "ar",
        ("ليلى", "عمر"),
        "الضجيج الهامس",
        "برلين، عام ٢٠١٩.",
        (
            "هل سمعتَ عن نموذج DDPM (2020) الذي نشره الباحثون؟",
            "نعم! لقد قرأتُ البحث كلَّه في ليلةٍ واحدة، وهو *رائع* حقًّا.",
            "إذًا سنبدأ غدًا عند الساعة 10:30 صباحًا.",
        ),
        "بوم!",
        "كان الليل هادئًا والمدينة نائمة، غير أن نافذة المختبر ظلت مضيئة حتى الفجر.",
    ),
    Tale(
        "he",
        ("דנה", "יוסי"),
        "הרעש הלוחש",
        "ברקלי, 2019.",
        (
            "שמעת על המודל DDPM (מ־2020) שהחוקרים פרסמו?",
            "כן! קראתי את כל המאמר בלילה אחד, והוא *נפלא* באמת.",
            "אז נתחיל מחר בשעה 10:30 בבוקר.",
        ),
        "בום!",
        "הלילה היה שקט והעיר ישנה, אבל חלון המעבדה נשאר מואר עד הבוקר.",
    ),
    Tale(
        "ja",
        ("美咲", "健太"),
        "ささやくノイズ",
        "二〇一九年、バークレー。",
        (
            "昨日は学校で友達と一緒に、GANの論文を読んだんだ。",
            "えっ、本当に？ それで、どうだった……？",
            "すごく難しかったけど、とても面白かった！「拡散モデル」のほうがきっと*うまくいく*よ。",
        ),
        "ドカン！",
        "その夜、研究室の窓にはまだ明かりがついていた。健太は画面の前に座り、ノイズが鳥の姿に変わるのを見つめていた。",
    ),
    Tale(
        "zh",
        ("小明", "丽丽"),
        "低语的噪声",
        "伯克利，2019年。",
        (
            "你听说过研究人员发表的DDPM模型吗？",
            "当然！我一个晚上就把整篇论文读完了，真的*太精彩了*……",
            "那我们明天上午十点半开始吧，好不好？",
        ),
        "轰！",
        "夜深了，城市已经沉睡，只有实验室的窗户还亮着灯。小明坐在屏幕前，看着噪声慢慢变成一只小鸟的模样。",
    ),
    Tale(
        "ko",
        ("민수", "지영"),
        "속삭이는 노이즈",
        "버클리, 2019년.",
        (
            "연구자들이 발표한 DDPM 모델에 대해 들어봤어?",
            "물론이지! 하룻밤 만에 논문을 다 읽었는데 정말 *굉장하더라*…",
            "그럼 내일 아침 열 시 반에 시작하자.",
        ),
        "쾅!",
        "밤은 고요했고 도시는 잠들어 있었지만 연구실 창문에는 아직 불이 켜져 있었다.",
    ),
    Tale(
        "th",
        ("มาลี", "สมชาย"),
        "เสียงกระซิบ",
        "เบิร์กลีย์ 2019",
        (
            "เธอเคยได้ยินเกี่ยวกับโมเดล DDPM ที่นักวิจัยเผยแพร่ไหม",
            "แน่นอน! ฉันอ่านบทความทั้งหมดในคืนเดียวและมันยอดเยี่ยมจริงๆ",
        ),
        "ตูม!",
        "คืนนั้นเงียบสงบและเมืองก็หลับใหลแต่หน้าต่างห้องทดลองยังคงสว่างอยู่",
    ),
]


def build(folder: Path, tale: Tale) -> Path:
    """The folder of a tale's book, made by the command line with test pictures."""
    script = script_of(tale.title[0])
    assert script is not None
    if not any(file in system_files() for file in script.files_for(tale.language)):
        message = f"no font for {script.name} is installed (Debian: {script.package})"
        if os.environ.get("CI"):
            pytest.fail(f"{message}, and CI must have one")
        pytest.skip(message)
    (folder / "styles").mkdir()
    (folder / "styles" / "plain.yaml").write_text("name: Plain\nart: {model: fake, steps: 1}\n", encoding="utf-8")
    (folder / "tale.yaml").write_text(json.dumps(tale.story(), ensure_ascii=False), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "novel", "build", "tale.yaml", "--out", "out", "-q"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out" / "tale"


@pytest.fixture(scope="module", params=TALES, ids=lambda tale: tale.language)
def tale(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tale, Path]:
    made: Tale = request.param
    return made, build(tmp_path_factory.mktemp(made.language), made)


def squeezed(text: str) -> str:
    """A text's letters and digits in their order: without spaces, marks and what only tells directions; in capitals."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def test_a_pdf_embeds_its_fonts_and_is_read_in_the_order_in_which_it_was_written(
    tale: tuple[Tale, Path], tool: Any
) -> None:
    story, folder = tale
    file = folder / "tale.pdf"
    rows = tool("pdffonts", file).splitlines()[2:]
    assert rows
    for row in rows:
        # Embedded, a subset, with a map to Unicode.
        assert row.split()[-5:-2] == ["yes", "yes", "yes"], row
    # Only with its own sense of lines does the reader turn round what runs from right to left.
    rtl = story.language in RIGHT_TO_LEFT
    text = tool("pdftotext", *([] if rtl else ["-raw"]), file, "-")
    assert "\ufffd" not in text
    read = squeezed(text)
    at = 0
    for heard in story.heard:
        if rtl and heard == story.sound:
            # A turned word from right to left has no order that all readers agree on; its letters are there.
            assert not set(squeezed(heard)) - set(read)
            continue
        for word in re.split(BETWEEN_WORDS, heard):
            # What is said stands in its order; titles, captions and sounds are drawn where they are drawn.
            found = read.find(squeezed(word), 0 if rtl or heard not in story.lines else at)
            assert found >= 0, (word, text)
            if heard in story.lines:
                at = max(at, found)
            # Marks stand with their letters, not on lines of their own.
            assert unicodedata.normalize("NFC", word) in unicodedata.normalize("NFC", text) or word.isascii() or not rtl
    with pikepdf.open(file) as pdf:
        assert str(pdf.Root.Lang) == story.language
        if rtl:
            assert pdf.Root.ViewerPreferences.Direction == "/R2L"


def test_the_words_of_a_pdf_can_be_seen(tale: tuple[Tale, Path]) -> None:
    _, folder = tale
    drawn = subprocess.run(
        [need("pdftoppm"), "-r", "60", "-f", "2", "-l", "2", "-gray", str(folder / "tale.pdf")],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    with Image.open(io.BytesIO(drawn)) as page:
        # The heading's letters: dark ink in the white above the first panel.
        head = page.crop((0, 0, page.width, page.height // 4))
        dark = sum(head.histogram()[:80]) / (head.width * head.height)
    assert 0.004 < dark < 0.35


def test_a_browser_sets_every_run_as_wide_as_it_was_measured(tale: tuple[Tale, Path], chromium: Chromium) -> None:
    story, folder = tale
    chromium.open(folder / "tale.html", 900, 1200)
    assert chromium.complaints == []
    assert not [url for url in chromium.requests if not url.startswith(("file:", "data:"))]
    language, direction = chromium.js("[document.documentElement.lang, document.documentElement.dir]")
    assert language == story.language
    assert direction == ("rtl" if story.language in RIGHT_TO_LEFT else "ltr")
    assert chromium.js("[...document.fonts].filter(f => f.status === 'error').length") == 0
    runs = chromium.js(
        """[...document.querySelectorAll('svg text')].map(t => {
            const wanted = parseFloat(t.getAttribute('textLength'));
            t.removeAttribute('textLength');
            return [t.textContent, wanted, t.getComputedTextLength(), getComputedStyle(t).fontSize];
        })"""
    )
    runs = [run for run in runs if any(script_of(c) for c in run[0] if c.isalpha() and ord(c) > 0x52F)]
    assert len(runs) > 8
    for text, wanted, shown, size in runs:
        # The same font at the same size in the same shape; a box or a fallback font would be of another width.
        assert shown == pytest.approx(wanted, rel=0.02, abs=0.4), (text, size)


def test_a_web_page_is_read_aloud_in_the_order_in_which_it_was_written(
    tale: tuple[Tale, Path], chromium: Chromium
) -> None:
    story, folder = tale
    chromium.open(folder / "tale.html", 900, 1200)
    text = chromium.js("document.body.textContent")
    at = 0
    for line in (story.caption, *story.lines):
        found = text.find(line.replace("*", ""), at)
        assert found >= 0, line
        at = found + 1
    for name in story.names:
        assert name in text
