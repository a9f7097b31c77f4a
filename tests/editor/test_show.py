"""How a picture was made: told from the picture alone, made again from that, and taken out of a copy."""

import hashlib
import io
import json
import re
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from novel.build import build
from novel.cli import show as cli
from novel.editor.again import story_of
from novel.editor.again_redo import _region
from novel.editor.recipe import told_by
from novel.editor.safe_text import as_json, in_yaml, printable
from novel.editor.show import find, look
from novel.errors import FileError, MissingError, NovelError, RefusedError, UsageError
from novel.plan.takes import box_of
from novel.prepare import Choices, prepare
from novel.render import png
from novel.render.backend import Pixels
from novel.render.families import resolve
from novel.render.progress import Quiet
from novel.render.safetensors_header import read_header
from novel.request import AdapterUse, Init, MaskBox, MaskMargins, RenderRequest
from novel.story.load import load_story

STORY = """\
novel: 1
title: Of Every Kind
style: drawn
characters:
  jon: {name: Jon, look: a man with black hair, adapter: {path: loras/jon.safetensors, weight: 0.7, trigger: jonho}}
  ann: {name: Ann, look: a woman with red hair wearing a green shirt}
places:
  lab: {look: inside a lab at night}
chapters:
  - title: One
    panels:
      - {id: plain, place: lab, shot: close-up, prompt: "a “screen”, é: #1"}
      - {id: adapted, cast: [jon], prompt: a cat}
      - {id: odd, prompt: a robot, negative: "blur, no: hats", steps: 3, guidance: 3.3333, seed: 9007199254740993}
      - {id: further, continues: odd, strength: 0.55, cast: [ann, jon], prompt: a dog}
      - {id: last, continues: further, strength: 0.35, cast: [ann], prompt: a rocket, seed: 0, steps: 3}
      - {id: mine, image: mine.png}
      - {id: from-mine, continues: mine, strength: 0.8, prompt: a tree}
"""
STYLE = """\
name: Drawn
art: {model: embedded, before: "bright comic style, ink", after: clean lines, negative: blurry, steps: 2,
  sampler: ddim, guidance: 4.5, guidance_rescale: 0.5}
"""
DRAWN = ("plain", "adapted", "odd", "further", "last", "from-mine")


def write_lora(path: Path) -> None:
    """A small LoRA for the embedded model, always the same one."""
    import numpy
    from safetensors.numpy import save_file

    folder = resolve("embedded")[1].folder
    assert folder is not None
    shapes = read_header(next((folder / "unet").glob("*.safetensors"))).shapes
    layer = next(name for name in sorted(shapes) if name.endswith("attn1.to_q.weight")).removesuffix(".weight")
    rows, columns = shapes[f"{layer}.weight"]
    random = numpy.random.default_rng(7)
    down, up = random.normal(size=(4, columns)), random.normal(size=(rows, 4))
    path.parent.mkdir(parents=True)
    tensors = {f"unet.{layer}.lora_A.weight": down, f"unet.{layer}.lora_B.weight": up}
    save_file({name: (0.3 * values).astype("float32") for name, values in tensors.items()}, path)


def draw(story: Path, out: Path, **choices: object) -> Path:
    build(story, Choices(out=out, formats=("html",), **choices), Quiet(io.StringIO()))  # type: ignore[arg-type]
    return out / story.stem


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a story of every kind of panel, drawn by the embedded model, with its book in ``out``."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "styles").mkdir()
    (folder / "styles" / "drawn.yaml").write_text(STYLE)
    (folder / "story.yaml").write_text(STORY)
    write_lora(folder / "loras" / "jon.safetensors")
    Image.linear_gradient("L").convert("RGB").resize((256, 128)).save(folder / "mine.png")
    draw(folder / "story.yaml", folder / "out")
    return folder


def test_a_story_written_from_each_panels_recipe_makes_the_same_bytes(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(drawn)
    choices = Choices(out=drawn / "out")
    for panel in DRAWN:
        again = story_of(find(drawn / "story.yaml", panel, choices), drawn)
        assert again.notes == ()
        file = drawn / f"again-{panel}.yaml"
        file.write_text(again.text)
        made = draw(file, tmp_path / "out") / "panels" / f"{panel}.png"
        assert made.read_bytes() == (drawn / "out" / "story" / "panels" / f"{panel}.png").read_bytes(), panel
        assert load_story(file).story.style == "(in the story)"


def test_a_copy_moved_elsewhere_makes_the_same_bytes(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "Some Picture.png"
    shutil.copy(drawn / "out" / "story" / "panels" / "last.png", copy)
    shutil.copy(drawn / "loras" / "jon.safetensors", tmp_path / "renamed.safetensors")
    again = story_of(find(copy, None, Choices()), tmp_path)
    assert again.notes == ()
    assert "renamed.safetensors" in again.text
    (tmp_path / "again.yaml").write_text(again.text)
    made = draw(tmp_path / "again.yaml", tmp_path / "out") / "panels"
    assert (made / "some-picture.png").read_bytes() == copy.read_bytes()
    assert len(list(made.iterdir())) == 3


def test_what_isnt_at_hand_is_named_in_the_story_and_said(drawn: Path, tmp_path: Path) -> None:
    for panel, ending in (("adapted", ".safetensors"), ("from-mine", ".png")):
        folder = tmp_path / panel
        folder.mkdir()
        shutil.copy(drawn / "out" / "story" / "panels" / f"{panel}.png", folder / "x.png")
        (folder / "decoy.safetensors").write_bytes(b"another")
        again = story_of(find(folder / "x.png", None, Choices(out=folder)), folder)
        sha256 = hashlib.sha256((drawn / ("mine.png" if ending == ".png" else "loras/jon.safetensors")).read_bytes())
        (note,) = again.notes
        assert sha256.hexdigest() in note
        name = re.search(r"as (\S+)\.$", note)
        assert name is not None
        assert name[1].endswith(ending)
        assert f'"{name[1]}"' in again.text or f" {name[1]}\n" in again.text


def test_the_recipe_is_told_for_people_and_as_data(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choices = Choices(out=drawn / "out")
    shown = look(find(drawn / "story.yaml", "further", choices))
    told = io.StringIO()
    shown.report(told)
    said = told.getvalue()
    for part in (
        "bright comic style, ink, wide shot, a woman with red hair wearing a green shirt, "
        "jonho, a man with black hair, a dog, clean lines",
        "blurry",
        "embedded (sha256:",
        "loras/jon.safetensors (sha256 ",
        "at 0.7",
        "the picture of odd, 55% changed",
        "2 with ddim",
        "4.5, rescaled by 0.5",
        "torch 2.",
        "float32",
        "made by a trained model (IPTC)",
    ):
        assert part in said, part
    data = json.loads(shown.as_json())
    alone = find(drawn / "out" / "story" / "panels" / "further.png", None, choices)
    assert data["request"] == alone.recipe.request.model_dump(mode="json")
    assert data["current"] is True
    assert data["seconds"] > 0
    assert [b["seed"] for b in data["beginnings"]] == [9007199254740993]
    assert data["adapters"][0]["file"] == "loras/jon.safetensors"
    own = look(find(drawn / "story.yaml", "mine", choices))
    assert json.loads(own.as_json())["own_picture"].endswith("mine.png")
    with pytest.raises(MissingError, match=r"mine\.png"):
        story_of(own.picture, drawn)


@pytest.fixture
def book(story_file: Path) -> Path:
    """A built story's folder, drawn by the fake backend."""
    draw(story_file, story_file.parent / "out")
    return story_file.parent / "out" / "story"


def test_a_varied_and_retaken_panel_is_made_again(story_file: Path, tmp_path: Path) -> None:
    story_file.with_name("story.takes.yaml").write_text(
        "novel: 1\npanels:\n"
        "  second:\n    seed: 12\n    pixels: 128x64\n    redo:\n"
        "      - {seed: 5, strength: 0.2}\n      - {seed: 6, strength: 0.3, prompt: a cat, negative: hats, steps: 7}\n"
    )
    out = tmp_path / "out"
    panels = draw(story_file, out) / "panels"
    for panel, chain in (("second", 3), ("third", 4)):
        again = story_of(find(story_file, panel, Choices(out=out)), tmp_path)
        (tmp_path / "again.yaml").write_text(again.text)
        made = draw(tmp_path / "again.yaml", tmp_path / panel) / "panels"
        assert (made / f"{panel}.png").read_bytes() == (panels / f"{panel}.png").read_bytes()
        assert len(list(made.iterdir())) == chain


REDOS = {
    "a region": "{seed: 5, region: [0.25, 0.1, 0.333333, 0.7]}",
    "a half": "{seed: 5, region: right, prompt: a cat, negative: hats, strength: 0.5}",
    "more room": "{seed: 5, extend: right 33.3%}\n      - {seed: 6, extend: left 12.5%, steps: 9, guidance: 2.5}",
    "a mask": "{seed: 5, mask: mask.png}\n      - {seed: 8, strength: 0.3}\n      - {seed: 9, region: left}",
}


@pytest.mark.parametrize("redos", REDOS.values(), ids=REDOS)
@pytest.mark.parametrize("panel", ["first", "third", "mine", "after"])
def test_parts_that_were_drawn_anew_come_with_a_takes_file(
    story_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], redos: str, panel: str
) -> None:
    """What is asked for is the same to the last bit, so what is drawn is."""
    write_lora(tmp_path / "loras" / "jon.safetensors")
    Image.linear_gradient("L").convert("RGB").resize((150, 90)).save(tmp_path / "mine.png")
    Image.linear_gradient("L").resize((150, 90)).save(tmp_path / "mask.png")
    text = story_file.read_text().replace(
        "jon: {name: Jon,", "jon: {name: Jon, adapter: {path: loras/jon.safetensors},"
    )
    text += "      - {id: mine, image: mine.png, cast: [jon], shot: medium}\n"
    story_file.write_text(text + "      - {id: after, continues: third, prompt: a dog, cast: [ann], strength: 0.5}\n")
    takes = "".join(f"  {name}:\n    redo:\n      - {redos}\n" for name in ("first", "third", "mine"))
    story_file.with_name("story.takes.yaml").write_text(f"novel: 1\npanels:\n{takes}")
    made = prepare(story_file, Choices(out=tmp_path / "out"))
    known = {**made.plan.beginnings, **{r.key: r for r in made.plan.requests.values()}}
    request = made.plan.requests[panel]
    beginnings = []
    at = request
    while at.init is not None and at.init.kind == "request":
        at = known[at.init.source]
        beginnings.append(at.model_dump(mode="json"))
    (tmp_path / "moved.png").write_bytes(of(request, beginnings=beginnings))
    cli.show(tmp_path / "moved.png", None, as_yaml=True, to=tmp_path / "again.yaml", out=tmp_path / "out")
    again = prepare(tmp_path / "again.yaml", Choices(out=tmp_path / "out"))
    assert again.plan.requests["moved"] == request
    assert capsys.readouterr().err == ""
    with pytest.raises(UsageError, match="--to"):
        cli.show(tmp_path / "moved.png", None, as_yaml=True, out=tmp_path / "out")


@given(st.data(), st.integers(1, 5000), st.integers(1, 5000))
def test_every_box_is_written_so_that_it_means_the_same_pixels(data: st.DataObject, width: int, height: int) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = (x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    written = [float(share) for share in _region(box, width, height)]
    assert box_of(tuple(written), width, height) == box
    assert all(0 <= share <= 1 for share in written)
    assert written[2] > 0
    assert written[3] > 0


def test_a_panel_that_the_story_now_asks_otherwise_says_so(story_file: Path, book: Path) -> None:
    choices = Choices(out=book.parent)
    assert look(find(story_file, "third", choices)).changed == ()
    story_file.write_text(story_file.read_text().replace("prompt: a cat", "prompt: a dog\n        steps: 9"))
    shown = look(find(story_file, "third", choices))
    assert shown.changed == ("prompt", "steps")
    assert "The story now asks for another picture than this one: prompt, steps." in shown.notes
    assert look(find(story_file, "first", choices)).changed == ()
    story_file.write_text(story_file.read_text().replace("novel: 1", "nvoel: 1"))
    shown = look(find(story_file, "third", choices))
    assert shown.changed is None
    assert "can't be told" in shown.notes[0]


@pytest.mark.parametrize(
    ("what", "panel", "error", "said"),
    [
        ("story.yaml", None, UsageError, "Which panel"),
        ("story.yaml", "thrid", UsageError, "third"),
        ("gone.png", None, FileError, "gone.png"),
        ("gone.yaml", "third", FileError, "gone.yaml"),
        (".", None, FileError, "folder"),
        ("/dev/zero", None, RefusedError, "ordinary"),
        ("photo.jpg", None, FileError, "no PNG"),
        ("empty.png", None, FileError, "empty.png"),
        ("cut.png", None, FileError, "cut off"),
        ("flipped.png", None, FileError, "checksum"),
    ],
)
def test_bad_calls_end_in_one_clear_line(
    story_file: Path, book: Path, what: str, panel: str | None, error: type[NovelError], said: str
) -> None:
    data = (book / "panels" / "first.png").read_bytes()
    for name, content in (
        ("photo.jpg", b"\xff\xd8\xff\xe0 something"),
        ("empty.png", b""),
        ("cut.png", data[: len(data) // 2]),
        ("flipped.png", data.replace(b"bright comic", b"bright comik")),
    ):
        (story_file.parent / name).write_bytes(content)
    with pytest.raises(error) as caught:
        find(story_file.parent / what, panel, Choices(out=book.parent))
    assert said in str(caught.value)


def test_a_picture_that_tells_nothing_and_one_that_other_tools_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.png"
    Image.new("RGB", (8, 8)).save(bare)
    with pytest.raises(MissingError, match="holds no recipe"):
        look(find(bare, None, Choices(out=tmp_path)))
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", "a cat\x1b[31m\nNegative prompt: dogs\nSteps: 20")
    info.add_text("unheard of", "secret")
    Image.new("RGB", (8, 8)).save(tmp_path / "foreign.png", pnginfo=info)
    cli.show(tmp_path / "foreign.png", None, out=tmp_path)
    said = capsys.readouterr().out
    assert "a cat\\x1b[31m" in said
    assert "Negative prompt: dogs" in said
    assert "\x1b" not in said
    assert "secret" not in said
    with pytest.raises(MissingError, match="Another tool"):
        story_of(find(tmp_path / "foreign.png", None, Choices(out=tmp_path)), tmp_path)


def with_texts(*texts: tuple[bytes, bytes]) -> bytes:
    """A PNG of one pixel with chunks of any content."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    data = file.getvalue()
    chunks = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in texts
    )
    return data[:33] + chunks + data[33:]


REQUEST = RenderRequest(
    backend="fake", model="sha256:" + "0" * 64, prompt="style, wide shot, a cat", negative="", width=64, height=32,
    seed=1, steps=2, guidance=5.0, guidance_rescale=0.0, sampler="ddim",
)  # fmt: skip


def of(request: RenderRequest, **told: object) -> bytes:
    data = {"request": request.model_dump(mode="json"), "key": request.key, "recipe": {}, "novel": "0", **told}
    return with_texts((b"tEXt", b"novel\0" + json.dumps(data).encode()))


BOMB = zlib.compress(b"[" * (64 << 20), 9)


@pytest.mark.parametrize(
    "data",
    [
        with_texts((b"zTXt", b"novel\0\0" + BOMB), (b"tEXt", b"parameters\0x")),
        with_texts((b"iTXt", b"novel\0\1\0\0\0" + BOMB), (b"tEXt", b"parameters\0x")),
        with_texts((b"tEXt", b"novel\0" + b"[" * 100_000), (b"tEXt", b"parameters\0x")),
        with_texts((b"tEXt", b"novel\0{}"), (b"tEXt", b"parameters\0x")),
        with_texts((b"tEXt", b"novel"), (b"tEXt", b"parameters\0x")),
        with_texts((b"tEXt", b"novel\0" + b"9" * 5000), (b"tEXt", b"parameters\0x")),
        of(REQUEST, key="../../etc/passwd") + b"",
        of(REQUEST, beginnings=[3]),
        of(REQUEST, recipe=None),
        of(REQUEST).replace(b'"seed": 1', b'"seed": 1'),
        with_texts(
            (b"tEXt", b"novel\0" + json.dumps({"request": {**REQUEST.model_dump(mode="json"), "guidance": float("nan")},
             "key": "0" * 64, "recipe": {}, "novel": "0"}).encode())
        ),
        with_texts(
            (b"tEXt", b"novel\0" + json.dumps({"request": {**REQUEST.model_dump(mode="json"), "prompt": "\ud800"},
             "key": "0" * 64, "recipe": {}, "novel": "0"}).encode())
        ),
    ],
)  # fmt: skip
def test_hostile_recipes_are_read_as_what_they_are(data: bytes, tmp_path: Path) -> None:
    import tracemalloc

    file = tmp_path / "x.png"
    file.write_bytes(data)
    tracemalloc.start()
    told = told_by(data, file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 << 20
    assert told.recipe is None or told.recipe.request == REQUEST
    if told.recipe is None and told.damage:
        shown = look(find(file, None, Choices(out=tmp_path)))
        assert "can't be read" in json.loads(shown.as_json())["notes"][0]


def test_a_recipe_that_was_tampered_with_is_said_to_be(tmp_path: Path) -> None:
    changed = REQUEST.model_copy(update={"seed": 2})
    (tmp_path / "x.png").write_bytes(of(changed, key=REQUEST.key))
    assert "somebody changed it" in look(find(tmp_path / "x.png", None, Choices(out=tmp_path))).notes[0]


@pytest.mark.parametrize(
    ("request_", "beginnings", "said"),
    [
        (REQUEST.model_copy(update={"prompt": "a cat"}), (), "no shot"),
        (REQUEST.model_copy(update={"init": Init(kind="request", source="1" * 64, strength=0.5)}), (), "doesn't tell"),
        *[
            (
                REQUEST.model_copy(
                    update={"init": Init(kind="request", source=REQUEST.key, strength=1, mask=mask), "adapters": uses}
                ),
                (REQUEST,),
                said,
            )
            for mask, uses, said in (
                (MaskMargins(left=8, right=8), (), "both sides"),
                (MaskMargins(right=64000), (), "64000 pixels"),
                (MaskBox(box=(60, 0, 80, 8)), (), "isn't one of a picture"),
                (MaskBox(box=(0, 0, 8, 8)), (AdapterUse(sha256="a" * 64, weight=1),), "other adapters"),
            )
        ],
        *[
            (REQUEST.model_copy(update={"init": Init(kind="request", source=other.key, strength=1)}), (other,), said)
            for other, said in (
                (REQUEST.model_copy(update={"sampler": "euler"}), "several samplers"),
                (REQUEST.model_copy(update={"prompt": "ink, wide shot, a cat"}), "another style"),
            )
        ],
    ],
)
def test_what_no_story_can_say_is_an_error_that_says_so(
    request_: RenderRequest, beginnings: tuple[RenderRequest, ...], said: str, tmp_path: Path
) -> None:
    told = [begun.model_dump(mode="json") for begun in beginnings]
    (tmp_path / "x.png").write_bytes(of(request_, beginnings=told))
    with pytest.raises(NovelError, match=said):
        story_of(find(tmp_path / "x.png", None, Choices(out=tmp_path)), tmp_path)


def test_two_adapters_at_several_weights_come_back_in_their_order(tmp_path: Path) -> None:
    first, second = "a" * 64, "b" * 64
    uses = (AdapterUse(sha256=second, weight=0.5), AdapterUse(sha256=first, weight=-1e-05))
    begun = REQUEST.model_copy(update={"adapters": (AdapterUse(sha256=first, weight=1.0),)})
    init = Init(kind="request", source=begun.key, strength=0.1)
    (tmp_path / "x.png").write_bytes(
        of(REQUEST.model_copy(update={"adapters": uses, "init": init}), beginnings=[begun.model_dump(mode="json")])
    )
    again = story_of(find(tmp_path / "x.png", None, Choices(out=tmp_path)), tmp_path)
    assert len(again.notes) == 2
    (tmp_path / "again.yaml").write_text(again.text)
    for name in ("a", "b"):
        header = b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        data = struct.pack("<Q", len(header)) + header + bytes(4)
        (tmp_path / f"adapter-{name * 12}.safetensors").write_bytes(data)
    story = load_story(tmp_path / "again.yaml").story
    panels = list(story.panels())
    adapters = [[story.characters[m.id].adapter for m in panel.cast] for panel in panels]
    assert [[(a.path[8], a.weight) for a in row if a] for row in adapters] == [
        [("a", 1.0)],
        [("b", 0.5), ("a", -1e-05)],
    ]


@given(st.text())
def test_text_is_printed_without_moving_the_terminal_and_read_back_from_yaml_and_json(text: str) -> None:
    import yaml

    said = printable(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said)
    if not re.search("[\ud800-\udfff]", text):
        assert json.loads(as_json({"text": text})) == {"text": text}
        assert yaml.safe_load(f"text: {in_yaml(text)}") == {"text": text}


def test_prompts_are_stripped_and_nothing_else(drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = drawn / "out" / "story" / "panels" / "further.png"
    cli.show(source, None, strip_prompts=True, to=tmp_path / "clean.png", out=tmp_path)
    assert capsys.readouterr().out.strip() == str(tmp_path / "clean.png")
    full, clean = source.read_bytes(), (tmp_path / "clean.png").read_bytes()
    for words in (b"comic", b"robot", b"red hair", b"blur", b"jonho", b"Negative"):
        assert words in full
        assert words not in clean
    assert clean[clean.index(b"IDAT") :] == full[full.index(b"IDAT") :]
    with Image.open(tmp_path / "clean.png") as image, Image.open(source) as before:
        assert image.tobytes() == before.tobytes()
        assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
        assert set(image.info) - {"xmp"} == {"novel", "XML:com.adobe.xmp"}
    assert png.without_prompts(clean) == clean
    recipe = told_by(clean, source).recipe
    assert recipe is not None
    assert recipe.prompts_taken_out
    assert [begun.seed for begun in recipe.beginnings] == [9007199254740993]
    shown = look(find(tmp_path / "clean.png", None, Choices(out=tmp_path)))
    out = io.StringIO()
    shown.report(out)
    assert "(taken out)" in out.getvalue()
    assert "prompt" not in json.loads(shown.as_json())["request"]
    with pytest.raises(MissingError, match="taken out"):
        story_of(shown.picture, tmp_path)
    # Whoever has the store still sees them.
    known = find(tmp_path / "clean.png", None, Choices(out=drawn / "out"))
    assert "jonho" in known.recipe.request.prompt
    assert "from the store" in known.notes[0]


def test_prompts_of_any_script_are_stripped() -> None:
    request = REQUEST.model_copy(update={"prompt": "wide shot, 猫と鳥", "negative": "ぼけ"})
    data = png.encode(Pixels(64, 32, bytes(64 * 32 * 3)), request, {}, [request])
    clean = png.without_prompts(data)
    with Image.open(io.BytesIO(clean)) as image:
        image.load()
        texts = {key: str(value) for key, value in image.info.items()}
    assert not [key for key, text in texts.items() if "猫" in text or "ぼけ" in text or "\\u732b" in text]


def test_a_build_without_prompts_has_none_in_panels_and_books(story_file: Path, tmp_path: Path) -> None:
    book = draw(story_file, tmp_path / "out", strip_prompts=True)
    html = (book / "story.html").read_bytes()
    pictures = [path.read_bytes() for path in sorted((book / "panels").glob("*.png"))]
    assert len(pictures) == 3
    import base64

    embedded = [base64.b64decode(m[1]) for m in re.finditer(rb"data:image/png;base64,([A-Za-z0-9+/=]+)", html)]
    for picture in pictures + embedded:
        assert b"bright comic style" not in picture
        assert b"trainedAlgorithmicMedia" in picture
    assert draw(story_file, tmp_path / "out", strip_prompts=True) == book
    assert (book / "story.html").read_bytes() == html, "the same book again"
    shown = look(find(story_file, "first", Choices(out=tmp_path / "out")))
    assert "bright comic style" in shown.picture.recipe.request.prompt, "the store still knows"
    draw(story_file, tmp_path / "out")
    assert b"bright comic style" in (book / "panels" / "first.png").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        {"as_json": True, "as_yaml": True},
        {"strip_prompts": True},
        {"to": Path("x.png")},
        {"as_json": True, "strip_prompts": True, "to": Path("x.png")},
    ],
)
def test_options_that_dont_go_together(options: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        cli.show(tmp_path / "x.png", None, **options)  # type: ignore[arg-type]
