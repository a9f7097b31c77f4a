"""What a story is drawn with, pinned, obeyed, and told when it changes."""

import io
import json
from pathlib import Path

import pytest

from novel.build import build, lock_notes
from novel.check import check_story
from novel.cli import lock as cli
from novel.editor.lock import lock, unlock
from novel.editor.style_revision import NotSafe, with_revision, write_revision
from novel.errors import DiagnosticsError, MissingError, UsageError
from novel.prepare import Choices, prepare
from novel.render.progress import Quiet
from novel.story.lock_form import load_lock

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "89abcdef0123456789abcdef0123456789abcdef"


def write_adapter(path: Path, fill: int = 0) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes([fill]) * 4)


def write_picture(path: Path, color: str = "red") -> None:
    from PIL import Image

    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (16, 16), color).save(path)


@pytest.fixture
def story(story_file: Path) -> Path:
    """A story with a file of every kind."""
    folder = story_file.parent
    write_adapter(folder / "loras" / "jon.safetensors")
    write_adapter(folder / "styles" / "ink.safetensors", 1)
    write_picture(folder / "refs" / "ann.png")
    write_picture(folder / "mine.png", "green")
    write_picture(folder / "styles" / "anchor.png", "blue")
    style = folder / "styles" / "test.yaml"
    style.write_text(
        style.read_text().replace(
            "steps: 2", "steps: 2, adapters: [{path: ink.safetensors}], anchor: {image: anchor.png}"
        )
    )
    text = story_file.read_text()
    text = text.replace("jon: {name: Jon,", "jon: {name: Jon, adapter: {path: loras/jon.safetensors},")
    text = text.replace("ann: {name: Ann,", "ann: {name: Ann, references: [refs/ann.png],")
    story_file.write_text(text + "      - id: own\n        image: mine.png\n")
    return story_file


def draw(story: Path, **choices: object) -> list[str]:
    said: list[str] = []
    out = story.parent / "out"
    build(story, Choices(out=out, formats=("html",), **choices), Quiet(io.StringIO()), said.append)  # type: ignore[arg-type]
    return said


def test_every_file_that_decides_a_picture_is_pinned(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in story.parent.rglob("*") if path.is_file()}
    cli.lock(story, out=story.parent / "out")
    captured = capsys.readouterr()
    assert captured.out.strip() == str(story.with_name("story.lock.yaml"))
    assert "pins fake and 5 files" in captured.err
    pinned = load_lock(story)
    assert pinned is not None
    assert list(pinned.story_files) == ["loras/jon.safetensors", "mine.png", "refs/ann.png"]
    assert list(pinned.style_files) == ["anchor.png", "ink.safetensors"]
    assert pinned.model is not None
    assert (pinned.model.name, pinned.model.revision) == ("fake", None)
    assert pinned.model.identity == prepare(story, Choices(out=story.parent / "out")).spec.identity
    assert "novel" in pinned.versions
    assert {p: p.read_bytes() for p in before} == before, "no other file is touched"
    written = pinned.file.read_bytes()
    lock(story, story.parent / "out")
    assert pinned.file.read_bytes() == written
    assert draw(story) == draw(story)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda folder: write_adapter(folder / "loras" / "jon.safetensors", 7), ["loras/jon.safetensors"]),
        (lambda folder: write_adapter(folder / "styles" / "ink.safetensors", 7), ["ink.safetensors"]),
        (lambda folder: write_picture(folder / "styles" / "anchor.png", "red"), ["anchor.png"]),
        (lambda folder: write_picture(folder / "refs" / "ann.png", "blue"), ["refs/ann.png"]),
        (
            lambda folder: [write_picture(folder / n, "black") for n in ("mine.png", "refs/ann.png")],
            ["mine.png", "refs/ann.png"],
        ),
    ],
)
def test_a_changed_file_stops_every_verb_and_is_named(story: Path, change, named: list[str]) -> None:
    out = story.parent / "out"
    lock(story, out)
    change(story.parent)
    for verb in (lambda: draw(story), lambda: check_story(story), lambda: prepare(story, Choices(out=out))):
        with pytest.raises(MissingError) as caught:
            verb()
        assert [name for name in named if f"    {name}: pinned " in str(caught.value)] == named
        assert str(caught.value).count("pinned") == len(named)
        assert f"novel lock {story}" in str(caught.value)
    lock(story, out)
    draw(story)


def test_another_model_stops_a_build_unless_the_caller_names_one(story: Path) -> None:
    out = story.parent / "out"
    written = lock(story, out).file
    written.write_text(written.read_text().replace("sha256:", "sha256:0", 1))
    with pytest.raises(MissingError, match="the model fake: pinned sha256:0"):
        draw(story)
    draw(story, model="fake")
    written.write_text(written.read_text().replace('name: "fake"', "name: another"))
    with pytest.raises(MissingError, match=r"pinned another \(sha256:0.*here fake"):
        draw(story)
    assert unlock(story) == written
    draw(story)
    with pytest.raises(UsageError, match="not locked"):
        unlock(story)


def test_what_is_new_or_gone_since_is_let_be(story: Path) -> None:
    lock(story, story.parent / "out")
    write_picture(story.parent / "new.png")
    text = story.read_text().replace(" references: [refs/ann.png],", "")
    story.write_text(text + "      - id: newer\n        image: new.png\n")
    (story.parent / "refs" / "ann.png").unlink()
    draw(story)


def test_another_style_has_files_of_its_own(story: Path) -> None:
    lock(story, story.parent / "out")
    other = story.parent / "other"
    other.mkdir()
    write_adapter(other / "ink.safetensors", 9)
    (other / "other.yaml").write_text("art: {model: fake, steps: 1, adapters: [{path: ink.safetensors}]}\n")
    draw(story, style=str(other / "other.yaml"))


def test_other_library_versions_are_only_noted(story: Path) -> None:
    written = lock(story, story.parent / "out").file
    assert lock_notes(prepare(story, Choices(out=story.parent / "out"))) == []
    written.write_text(written.read_text().replace('novel: "0', 'novel: "99.0'))
    said = draw(story)
    assert [line for line in said if "99.0" in line] != []
    assert sum("was written with novel 99.0" in line for line in said) == 1


def test_mistakes_in_a_lock_are_told_where_they_stand(story: Path) -> None:
    written = lock(story, story.parent / "out").file
    text = written.read_text().replace("  identity:", "  identty:").replace('"loras/jon.safetensors": "', '"x": "zz')
    written.write_text(text + "extra: 1\n")
    with pytest.raises(DiagnosticsError) as caught:
        prepare(story, Choices(out=story.parent / "out"))
    lines = text.splitlines()
    told = {
        (d.file, lines[d.line - 1].split(":")[0].strip() if d.line <= len(lines) else "extra")
        for d in caught.value.diagnostics
    }
    assert {what for _, what in told} >= {"identty", '"x"', "extra"}
    assert {file for file, _ in told} == {str(written)}
    lock(story, story.parent / "out")
    draw(story)
    for text in ("- a\n", "", "<<<<<<< ours\nnovel: 1\n=======\nnovel: 2\n>>>>>>> theirs\n"):
        written.write_text(text)
        with pytest.raises(DiagnosticsError):
            prepare(story, Choices(out=story.parent / "out"))


@pytest.fixture
def hub(make_cached_model, story_file: Path) -> Path:
    """A story whose style names a hub model, of which the cache has one commit."""
    make_cached_model(COMMIT)
    style = story_file.parent / "styles" / "test.yaml"
    style.write_text(
        "# My style\nname: Test\nart:\n  steps: 2   # few\n  model: somebody/some-model # the best\n  before: ink\n"
    )
    return story_file


@pytest.fixture
def make_cached_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a model that is whole, safe and of a few bytes into the hub's cache, as its main branch."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))

    def make(commit: str) -> None:
        repository = cache / "models--somebody--some-model"
        folder = repository / "snapshots" / commit
        parts = {
            "scheduler": ("diffusers", "DDIMScheduler"),
            "text_encoder": ("transformers", "CLIPTextModel"),
            "tokenizer": ("transformers", "CLIPTokenizer"),
            "unet": ("diffusers", "UNet2DConditionModel"),
            "vae": ("diffusers", "AutoencoderKL"),
        }
        files: dict[str, object] = {
            "model_index.json": {"_class_name": "StableDiffusionPipeline", **{k: list(v) for k, v in parts.items()}},
            "scheduler/scheduler_config.json": {},
            "tokenizer/tokenizer_config.json": {},
            "tokenizer/vocab.json": {},
            "text_encoder/config.json": {"max_position_embeddings": 77},
            "vae/config.json": {"block_out_channels": [1, 1, 1, 1]},
            "unet/config.json": {"sample_size": 64, "down_block_types": ["a", "b"]},
        }
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(content))
        (folder / "tokenizer" / "merges.txt").touch()
        write_adapter(folder / "text_encoder" / "model.safetensors")
        for part in ("unet", "vae"):
            write_adapter(folder / part / "diffusion_pytorch_model.safetensors")
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / "main").write_text(commit)

    return make


def test_a_hub_models_commit_is_written_into_the_style_and_holds(hub: Path, make_cached_model) -> None:
    out = hub.parent / "out"
    style = hub.parent / "styles" / "test.yaml"
    before = style.read_text()
    locked = lock(hub, out)
    model = "  model: somebody/some-model # the best\n"
    assert style.read_text() == before.replace(model, f"{model}  revision: {COMMIT}\n")
    assert COMMIT in locked.notes[1]
    pinned = load_lock(hub)
    assert pinned is not None
    assert pinned.model is not None
    assert (pinned.model.identity, pinned.model.revision) == (f"somebody/some-model@{COMMIT}", COMMIT)
    make_cached_model(OTHER)
    assert prepare(hub, Choices(out=out)).source.revision == COMMIT
    # Where the style can't be changed, the lock alone pins the commit.
    style.write_text(before)
    assert prepare(hub, Choices(out=out)).source.revision == COMMIT
    assert prepare(hub, Choices(out=out, obey_lock=False)).source.revision == OTHER
    lock(hub, out)
    assert prepare(hub, Choices(out=out)).source.revision == OTHER


def test_models_that_takes_name_are_pinned_too(hub: Path) -> None:
    out = hub.parent / "out"
    hub.with_name("story.takes.yaml").write_text("novel: 1\npanels:\n  first:\n    model: fake\n")
    written = lock(hub, out).file
    pinned = load_lock(hub)
    assert pinned is not None
    assert list(pinned.take_models) == ["fake"]
    prepare(hub, Choices(out=out))
    text = written.read_text()
    written.write_text(text.replace(pinned.take_models["fake"].identity, "sha256:other"))
    with pytest.raises(MissingError, match="the model fake: pinned sha256:other"):
        prepare(hub, Choices(out=out))
    hub.with_name("story.takes.yaml").unlink()
    prepare(hub, Choices(out=out))


@pytest.mark.parametrize(
    "style", ["art: {model: somebody/some-model}", "art: {model: somebody/some-model, revision: main}"]
)
def test_a_style_in_the_story_is_left_alone(hub: Path, style: str) -> None:
    hub.write_text(hub.read_text().replace("style: test", f"style: {{{style}}}"))
    before = hub.read_text()
    locked = lock(hub, hub.parent / "out")
    assert hub.read_text() == before
    assert len(locked.notes) == (1 if "main" in style else 2)
    assert "main" in style or f"revision: {COMMIT}" in locked.notes[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("art:\n  model: a/b\n", "art:\n  model: a/b\n  revision: C\n"),
        ("art:\n  model: a/b", "art:\n  model: a/b\n  revision: C"),
        ("art:\r\n    model: 'a/b'  # x\r\n", "art:\r\n    model: 'a/b'  # x\r\n    revision: C\r\n"),
        ("art:\r\n  model: a/b\r\n  steps: 3", "art:\r\n  model: a/b\r\n  revision: C\r\n  steps: 3"),
        ("art: {model: a/b, steps: 3}\n", "art: {model: a/b, revision: C, steps: 3}\n"),
        ("art: {steps: 3, model: a/b}\n", "art: {steps: 3, model: a/b, revision: C}\n"),
        ("art:\n  revision: null # none yet\n  model: a/b\n", "art:\n  revision: C # none yet\n  model: a/b\n"),
        ("art:\n  revision: ~\n  model: a/b\n", "art:\n  revision: C\n  model: a/b\n"),
        ("art:\n  revision:\n  model: a/b\n", "art:\n  revision: C\n  model: a/b\n"),
        ("art:\n  revision:   # soon\n  model: a/b\n", "art:\n  revision: C   # soon\n  model: a/b\n"),
        ("art: {revision: null, model: a/b}", "art: {revision: C, model: a/b}"),
        ("{art: {model: a/b}, name: X}", "{art: {model: a/b, revision: C}, name: X}"),
        ("name: é — 猫\nart:\n  model: a/b\n", "name: é — 猫\nart:\n  model: a/b\n  revision: C\n"),
        ("art:\n  ? model\n  : a/b\n", None),
        ("art:\n  model: >-\n    a/b\n", None),
        ("art:\n  model:\n    a/b\n", None),
        ("art:\n  steps: 3\n", None),
        ("name: X\n", None),
        ("art:\n  model: a/b\n  revision: main\n", None),
        ("- art\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_smallest_change_to_a_style_or_none(before: str, after: str | None) -> None:
    if after is None:
        with pytest.raises(NotSafe, match=f"revision: {COMMIT}"):
            with_revision(before, COMMIT)
        return
    assert with_revision(before, COMMIT) == after.replace("C", COMMIT)
    assert with_revision(after.replace("C", COMMIT), COMMIT) == after.replace("C", COMMIT)


def test_a_commit_that_looks_like_a_number_is_quoted() -> None:
    assert with_revision("art: {model: a/b}", "1" * 40) == f'art: {{model: a/b, revision: "{"1" * 40}"}}'


def test_a_byte_order_mark_and_a_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_bytes(b"\xef\xbb\xbfart:\n  model: a/b\n")
    (tmp_path / "link.yaml").symlink_to(real)
    assert write_revision(tmp_path / "link.yaml", COMMIT)
    assert (tmp_path / "link.yaml").is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbfart:\n  model: a/b\n  revision: " + COMMIT.encode() + b"\n"
    assert not write_revision(tmp_path / "link.yaml", COMMIT)
