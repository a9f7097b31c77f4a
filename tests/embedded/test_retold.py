"""An encoder that learns other tokens for the same words: which position answers to which, and what moves."""

import json
import shutil

import pytest

torch = pytest.importorskip("torch")

from novel.embedded import WEIGHTS, train  # noqa: E402
from novel.embedded.teacher.facts import SLOT_COUNT  # noqa: E402
from novel.embedded.training import language, lessons, retold  # noqa: E402


@pytest.fixture(scope="module")
def was(tmp_path_factory):
    """What ships, with a tokenizer that leaves no word out and lets long prompts fill the slots."""
    folder = tmp_path_factory.mktemp("was")
    for part in ("text_encoder", "tokenizer"):
        shutil.copytree(WEIGHTS / part, folder / part)
    file = folder / "tokenizer/tokenizer.json"
    state = json.loads(file.read_text())
    said = [n for n in state["normalizer"]["normalizers"] if "dressed" not in str(n)]
    assert len(said) == len(state["normalizer"]["normalizers"]) - 1
    state["normalizer"]["normalizers"] = said
    template = state["post_processor"]["single"]
    state["post_processor"]["single"] = [p for p in template if "<pad>" not in str(p)]
    file.write_text(json.dumps(state))
    return folder


def test_each_word_that_stays_answers_to_itself_and_slots_to_slots(was):
    former = retold.Former(was)
    texts = ["a red cat, the dog", "red " * 90, "a " * 10 + "cat"]
    ids = torch.from_numpy(language.encode(texts).astype("int64"))
    free, then, at = former.matched(texts, ids)
    assert free.tolist() == [True, False, True]
    for row, k in ((0, 0), (2, 1)):
        words = int((ids[row] != 0).sum())
        assert torch.equal(then[k][at[k][:words]], ids[row][:words])
        assert not then[k][at[k][words:]].any()
        assert at[k][-SLOT_COUNT:].tolist() == list(range(language.ROOM, language.LENGTH))
    assert then[0].tolist().count(language.tokenizer().token_to_id("the")) == 1


def test_texts_that_neither_changes_have_the_states_that_they_had_and_those_too_long_then_have_none(was):
    former = retold.Former(was)
    texts = ["red cat, dog", "red " * 90, ""]
    ids = torch.from_numpy(language.encode(texts).astype("int64"))
    none = torch.empty(0)
    with torch.no_grad():
        states, stays = former.wanted(lessons.Lesson(texts, ids, none, none, none))
        had = former.encoder(input_ids=ids).last_hidden_state
    assert stays.all(1).tolist() == stays.any(1).tolist() == [True, False, True]
    assert torch.allclose(states[stays], had[stays], atol=1e-5)


def test_it_goes_on_from_what_ships_and_moves_little(was, tmp_path, capsys):
    pytest.importorskip("skia", exc_type=ImportError)
    train.main(["begin", "--folder", str(tmp_path)])
    options = ["--workers", "1", "--seconds", "1", "--batch", "2", "--was", str(was), "--hold", "100"]
    before = torch.load(tmp_path / "text.pt", weights_only=True)
    train.main(["text", "--folder", str(tmp_path), *options])
    after = torch.load(tmp_path / "text.pt", weights_only=True)
    assert after["step"] > 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["step"] == after["step"]
    assert after["words"] == before["words"]
    moved = [float((after["model"][k] - v.float()).abs().max()) for k, v in before["model"].items()]
    assert 0 < max(moved) < 0.1


def test_whatever_is_to_stay_is_to_be_held(was, tmp_path):
    with pytest.raises(ValueError, match="--hold"):
        train.main(["text", "--folder", str(tmp_path), "--workers", "1", "--was", str(was)])
    assert not list(tmp_path.iterdir())
