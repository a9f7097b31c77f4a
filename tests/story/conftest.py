"""Stories, pictures and adapters to read, written into a folder of the test's own."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.errors import Diagnostic, DiagnosticsError
from novel.story.load import Book, load_story

STYLE = "name: Plain\nart: {before: line drawing}\n"

# The format's own two examples, whole: what is promised to writers must read as they expect.
EXAMPLE_STORY = """\
novel: 1                       # version of this format
title: The Noise Whisperers
author: Your Name              # or a list
language: en                   # BCP 47; sets hyphenation, shaping, quotes; default en
direction: ltr                 # ltr or rtl reading; default follows the language
style: bright-tech             # a name in styles/, or a path relative to this file
page: us-comic                 # a page profile by name, or a mapping (below); default us-comic
seed: 2020                     # a whole number; every panel's seed follows from it and the panel's id

characters:
  jon:
    name: Jonathan Ho
    look: young man with short black hair and round glasses, blue hoodie
    adapter: {path: adapters/jon.safetensors, weight: 0.8, trigger: jonho person}   # LoRA, optional
    references: [refs/jon-front.png]                                                # optional
  colleague: {name: A colleague, look: woman with red hair, green jumper}
places:
  lab: {look: a university lab at night, glowing screens}

chapters:
  - id: noise
    title: The Noise Whisperer
    panels:
      - id: late-night
        place: lab
        cast: [jon]                       # who is seen
        shot: wide                        # wide (default), medium, close-up, extreme-wide, over-shoulder, overhead
        prompt: equations and grainy pictures on every screen
        caption: Berkeley, 2019.          # one text or a list; a narration box
        say:
          - jon: Another night of pure noise.
            kind: thought                 # speech (default), thought, whisper, shout, radio
          - colleague: Everyone is betting on *GANs*.     # not in cast: spoken from off the panel
      - id: the-bird
        continues: late-night             # starts from that panel's picture (img2img) …
        strength: 0.65                    # … and changes this much of it, 0 to 1
        cast: [jon]
        prompt: a clear picture of a bird appears on the screen
        size: splash                      # wide (default: the full width), half, third, splash (a page), spread
        sfx: FLASH
        prose: |
          Running text, for stories told in paragraphs as well as in balloons. It is set on the page
          after its panel, in the style's text face, and may be as long as it needs to be.
"""
EXAMPLE_STYLE = """\
name: Bright tech
art:
  model: embedded              # the model in the package; a folder in diffusers format; or a hub id
  revision: null               # a commit, for a hub id; `novel lock` fills it in
  before: bright comic style   # shared style descriptors, put before every prompt …
  after: clean ink lines, vivid colours      # … and after it
  negative: blurry, text, watermark
  steps: 20
  guidance: 5.0
  sampler: dpm++               # euler, euler-a, ddim, dpm++, unipc, lcm, flow
  adapters: [{path: ink.safetensors, weight: 0.6}]     # style LoRAs
  anchor: {image: anchor.png, strength: 0.85}          # every first picture starts from this one (img2img), optional
lettering: {font: comic-neue, size: 8.5pt, caps: true, balloon: white, ink: black}
page: {gutter: 9pt, margin: 36pt, border: 1.2pt, background: white}
"""


def png(width: int = 4, height: int = 4, *, rows: int | None = None) -> bytes:
    """A grey PNG; ``rows`` pretends at other than the true height."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress((b"\0" + b"\x80" * min(width, 4)) * min(height, 4))
    header = struct.pack(">IIBBBBB", width, height if rows is None else rows, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def safetensors(header: object | None = None, body: bytes = b"\0" * 16) -> bytes:
    """A file of one small tensor, or of whatever ``header`` says."""
    table = header if header is not None else {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A story's folder with one style, `plain`."""
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "plain.yaml").write_text(STYLE)
    return tmp_path


@pytest.fixture
def example(folder: Path) -> Path:
    """The format's examples with every file that they name."""
    (folder / "styles" / "bright-tech.yaml").write_text(EXAMPLE_STYLE)
    (folder / "adapters").mkdir()
    (folder / "refs").mkdir()
    for path in ("adapters/jon.safetensors", "styles/ink.safetensors"):
        (folder / path).write_bytes(safetensors())
    for path in ("refs/jon-front.png", "styles/anchor.png"):
        (folder / path).write_bytes(png())
    story = folder / "story.yaml"
    story.write_text(EXAMPLE_STORY)
    return story


@pytest.fixture
def load(folder: Path) -> Callable[..., Book]:
    """Writes a story and loads it."""

    def write_and_load(text: str | bytes, **options: str) -> Book:
        file = folder / "story.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_story(file, **options)

    return write_and_load


@pytest.fixture
def faults(load: Callable[..., Book]) -> Callable[..., DiagnosticsError]:
    """Writes a story that can't be loaded; gives what was said about it."""

    def fail(text: str | bytes, **options: str) -> DiagnosticsError:
        with pytest.raises(DiagnosticsError) as caught:
            load(text, **options)
        return caught.value

    return fail


@pytest.fixture
def fault(faults: Callable[..., DiagnosticsError]) -> Callable[..., Diagnostic]:
    """The one error of a story that has one."""

    def only(text: str | bytes, **options: str) -> Diagnostic:
        found = [d for d in faults(text, **options).diagnostics if d.severity == "error"]
        assert len(found) == 1, "\n".join(map(str, found))
        return found[0]

    return only


HEAD = """\
title: T
style: plain
characters:
  jon: {name: Jon, look: a man}
  ann: {look: a woman}
places:
  lab: {look: a lab}
chapters:
  - title: One
    panels:
      - id: first
        place: lab
        cast: [jon, ann]
        prompt: a door
"""


@pytest.fixture
def head() -> str:
    """The lines of a sound story, up to its one panel, whose keys stand at eight spaces; 14 lines."""
    return HEAD


@pytest.fixture
def make_png() -> Callable[..., bytes]:
    return png


@pytest.fixture
def make_safetensors() -> Callable[..., bytes]:
    return safetensors


@pytest.fixture
def examples() -> tuple[str, str]:
    """The format's example story and style, as text."""
    return EXAMPLE_STORY, EXAMPLE_STYLE
