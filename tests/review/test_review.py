"""A review finds who falls out of line, says by what, and gives the command that mends it."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from painted_story import PAINTED, Colours, paint

from novel.errors import MissingError
from novel.prepare import Choices, prepare
from novel.render.likeness import Judge
from novel.review import report
from novel.review.crops import pictures
from novel.review.result import Outlier, Review, Reviewed
from novel.review.review import reviewed
from novel.review.sheets import write_sheets

JUDGE = Judge("colours", Colours.identity)


def run(painted: tuple[Path, Choices], **changes: object) -> Review:
    story, choices = painted
    choices = replace(choices, **changes)  # type: ignore[arg-type]
    made = prepare(story, choices)
    return reviewed(made, choices, pictures(made, choices), JUDGE, Colours())


@pytest.fixture(scope="module")
def found(painted: tuple[Path, Choices]) -> Review:
    return run(painted)


def group(review: Review, name: str) -> Reviewed:
    return next(one for one in review.reviewed if one.group.id == name)


def outlier(review: Review, panel: str, of: str | None) -> Outlier:
    return next(o for o in review.outliers if o.panel == panel and (o.of.id if o.of else None) == of)


def test_everybody_is_counted_where_they_are_cast(found: Review) -> None:
    counts = {one.group.id: (one.found, len(one.showings)) for one in found.reviewed}
    assert counts == {"jon": (5, 5), "ann": (5, 5), "moth": (0, 1), "lab": (5, 5), "roof": (1, 1), "style": (7, 7)}
    # Five panels of six have their whole cast; one has one of two.
    assert found.count_match == pytest.approx((5 * 100 + 60.65) / 6, abs=0.01)


def test_who_changes_has_the_lower_figures(found: Review) -> None:
    jon, ann = group(found, "jon"), group(found, "ann")
    assert ann.self is not None
    assert ann.self > 0.99
    assert ann.cross is not None
    assert ann.cross > 0.99
    assert ann.compared_to == "1 reference"
    assert jon.self is not None
    assert jon.self < 0.85
    assert jon.compared_to == "its first: one"
    assert ann.others == jon.others
    assert jon.others is not None
    assert jon.others < jon.self
    assert group(found, "moth").self is None
    assert group(found, "roof").self is None


def test_the_stray_is_named_with_the_region_to_redo(found: Review, painted: tuple[Path, Choices]) -> None:
    story, choices = painted
    stray = outlier(found, "four", "jon")
    assert any(reason.startswith("unlike the others: ") for reason in stray.reasons)
    assert any(reason.startswith("more like ann") for reason in stray.reasons)
    assert stray.command == f"novel retake {story} four --region jon --out {choices.out}"
    assert not any(o.of is not None and o.of.id == "ann" for o in found.outliers)


def test_who_is_missing_is_named(found: Review, painted: tuple[Path, Choices]) -> None:
    story, choices = painted
    missing = outlier(found, "six", "moth")
    assert missing.reasons == ("not found in the picture",)
    assert missing.command == f"novel retake {story} six --out {choices.out}"


def test_a_panel_that_shows_little_of_its_prompt_is_named(found: Review) -> None:
    assert outlier(found, "four", None).reasons == ("shows little of its prompt: 0.20, all of them 0.78",)
    assert group(found, "roof").agreement == pytest.approx(0.9)
    assert group(found, "lab").agreement == pytest.approx((4 * 0.9 + 0.2) / 5)


def test_a_writers_own_picture_has_no_command(found: Review) -> None:
    own = outlier(found, "mine", "style")
    assert own.command == ""


def test_other_choices_are_in_the_command(painted: tuple[Path, Choices]) -> None:
    story, choices = painted
    made = prepare(story, choices)
    asked = replace(choices, model="fake", steps=2, style="test", out=Path("output"))
    found = reviewed(made, asked, pictures(made, asked), JUDGE, Colours())
    assert outlier(found, "four", "jon").command == f"novel retake {story} four --model fake --style test --steps 2"


def test_the_same_picture_counts_once(painted: tuple[Path, Choices], tmp_path: Path) -> None:
    story, choices = painted
    copy = tmp_path / "story"
    shutil.copytree(story.parent, copy)
    text = (copy / "story.yaml").read_text()
    twin = "      - {id: one, seed: 5, place: lab, cast: [{jon: on the left}, {ann: on the right}], prompt: a screen}\n"
    assert "      - {id: one," in text
    lines = [twin, twin.replace("id: one", "id: twin")]
    text = re.sub(r"      - \{id: one,.*\n", "".join(lines), text)
    (copy / "story.yaml").write_text(text)
    choices = replace(choices, out=copy / "output")
    made = prepare(copy / "story.yaml", choices)
    paint(made, "one", *PAINTED["one"])
    assert made.plan.requests["one"].key == made.plan.requests["twin"].key
    found = reviewed(made, choices, pictures(made, choices), JUDGE, Colours())
    jon = group(found, "jon")
    assert (jon.found, len(jon.showings)) == (6, 6)
    assert [showing.same_as for showing in jon.showings] == [None, "one", None, None, None, None]
    assert jon.self == pytest.approx(group(run(painted), "jon").self)


def test_pictures_that_are_not_drawn_yet(painted: tuple[Path, Choices]) -> None:
    with pytest.raises(MissingError, match="6 of the story's 7 pictures are not drawn yet: one, two") as error:
        run(painted, steps=3)
    story, choices = painted
    assert error.value.hint == f"Draw them first: novel build {story} --steps 3 --out {choices.out}"


def test_the_table_and_the_json_tell_the_same(found: Review, tmp_path: Path) -> None:
    out = io.StringIO()
    report.report(found, out)
    text = out.getvalue()
    data = report.as_data(found, tmp_path / "index.html")
    json.dumps(data)
    jon = next(one for one in data["characters"] if one["id"] == "jon")
    assert re.search(rf"jon +5 of 5 +{jon['cross']:.2f} +{jon['self']:.2f} +{jon['others']:.2f}", text)
    assert "1 more, each seen once" in text
    assert "People found: 10 of 11" in text
    for one in data["outliers"]:
        assert not one["command"] or one["command"] in text
        assert one["reasons"][0] in text
    assert [s["box"] is None for s in data["characters"][2]["shown"]] == [True]
    assert data["places"][0]["shown"][0]["agreement"] == 0.9
    assert data["judge"] == {"name": "colours", "identity": Colours.identity}


def test_sheets_stand_alone_and_are_the_same_twice(found: Review, tmp_path: Path) -> None:
    folder = tmp_path / "review"
    (folder).mkdir()
    (folder / "character-gone.html").write_text("old")
    (folder / "notes.html").write_text("the writer's")
    index = write_sheets(found, folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "index.html", "character-jon.html", "character-ann.html", "character-moth.html", "place-lab.html",
        "place-roof.html", "style.html", "notes.html",
    }  # fmt: skip
    text = index.read_text()
    assert "Blue &lt;Jon&gt; &amp; Green Ann" in text
    assert "<Jon>" not in text
    sheet = (folder / "character-jon.html").read_text()
    assert sheet.count("data:image/jpeg;base64,") == 5
    assert "--region jon" in sheet
    assert not re.search(r'(?:src|href)="(?!data:|index\.html")', sheet)
    assert "not found" in (folder / "character-moth.html").read_text()
    assert (folder / "character-ann.html").read_text().count("data:image/jpeg") == 6  # With the reference.
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_sheets(found, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
