"""The image tower: a small network that reads pictures of the embedded model's kind, and knows people again in them.

It serves to measure: whether a picture shows what its prompt asks for, and how alike two crops look. It was taught by
the teacher's pictures alone; of photographs and of other models' pictures it can tell little. Importing this module
imports neither torch nor Pillow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from novel.embedded.asked import Asked, Wanted, read_prompt
from novel.errors import FileError, MissingError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from novel.embedded.towernet import Knower, Reader

    Picture = npt.NDArray[np.uint8]
    """Rows × columns × RGB."""
    Vectors = npt.NDArray[np.float32]

#: The file that ships.
FILE: Path = Path(__file__).parent / "weights_tower" / "tower.safetensors"
#: From this on a cell counts as the middle of a person, or of a thing.
SURE_PERSON, SURE_THING = 0.42, 0.3
#: How near two middles may not be, in cells each way: people, and things.
_APART = {"people": (3, 12), "things": (1, 2)}
_SIDES = ("left", "center", "right")
#: How much of a place's or a style's vector says which it is; the rest, how it looks.
_PLACE_SHARE, _STYLE_SHARE = 0.6, 0.7
#: What counts less, of what a prompt asks for: what is small, or comes and goes in a face.
_LESS = {"pose": 0.5, "expression": 0.5, "facing": 0.5, "skin": 0.5, "build": 0.5, "weather": 0.5, "shot": 0.5}
_HIDDEN = frozenset(("hair", "skin", "colour"))
"""What can't be seen in a style of greys."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Someone or something in a picture: where its middle is, in shares of the picture, how surely it is there, and for
    each head how likely each of its names is."""

    x: float
    y: float
    sure: float
    odds: dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the tower sees in one picture. ``anywhere``: for each thing how surely it is somewhere in it."""

    whole: dict[str, npt.NDArray[np.float32]]
    people: tuple[Spot, ...]
    things: tuple[Spot, ...]
    anywhere: npt.NDArray[np.float32]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def identity(digest: Callable[[Path], str] = _digest, path: Path = FILE) -> str:
    """``sha256:`` and the hash of the weights; another identity, other figures. Raises MissingError if they are not
    there."""
    if not path.is_file():
        raise MissingError(
            f"The image tower's weights are not there ({path.name}).",
            "Reinstall novel: the file comes with it; or train one: python -m novel.embedded.train tower --help",
        )
    return f"sha256:{digest(path)}"


class Tower:
    """The tower, loaded. It runs on a CPU, in full precision, one picture after the other: the same picture has the
    same answers wherever, and beside whichever others, it is read."""

    def __init__(self, reader: Reader, knower: Knower, identity: str = "") -> None:
        self.reader, self.knower, self._identity = reader.eval(), knower.eval(), identity

    @classmethod
    def load(cls, path: Path = FILE) -> Tower:
        """The tower that ships, or one of another file. Raises MissingError or FileError, each with its cure."""
        name = identity(path=path)
        import torch
        from safetensors import SafetensorError, safe_open

        from novel.embedded.towernet import Knower, Reader

        networks: tuple[Reader, Knower] = (Reader(), Knower())
        try:
            with safe_open(path, "pt") as file:
                kept = {key: file.get_tensor(key).to(torch.float32) for key in file.keys()}  # noqa: SIM118
            for part, network in zip(("reader", "knower"), networks, strict=True):
                state = {k.removeprefix(f"{part}."): v for k, v in kept.items() if k.startswith(f"{part}.")}
                # The counts of batches are of no use here and not kept.
                state |= {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")}
                network.load_state_dict(state)
        except (SafetensorError, RuntimeError, OSError) as error:
            raise FileError(
                f"{path} does not hold the image tower of this version of novel.", "Reinstall novel, or train it anew."
            ) from error
        return cls(*networks, name)

    @property
    def identity(self) -> str:
        """``sha256:`` and the hash of the weights."""
        return self._identity

    def read(self, pictures: Sequence[Picture]) -> list[Reading]:
        """What is in whole pictures."""
        out = []
        for picture in pictures:
            x, box = _panel(picture)
            with _quiet():
                out.append(_reading(self.reader(x), box))
        return out

    def crops(
        self, pictures: Sequence[Picture], kind: Literal["person", "place", "style"] = "person"
    ) -> npt.NDArray[np.float32]:
        """A vector of length 1 for each picture; the cosine of two is how alike they are.

        ``person``: crops of one person each, from head to foot or to the waist; ``place`` and ``style``: whole
        pictures, by what place or style they are, and a part by their colours' layout or their manner of drawing.
        Vectors of different kinds can't be compared.
        """
        import numpy as np

        rows = []
        for picture in pictures:
            with _quiet():
                if kind == "person":
                    rows.append(self.knower(_crop(picture))[0].numpy())
                else:
                    x, _ = _panel(picture)
                    rows.append((_place_vector if kind == "place" else _style_vector)(x, self.reader(x)).numpy())
        return np.stack(rows) if rows else np.zeros((0, 1), np.float32)

    def facts(self, picture: Picture) -> dict[str, tuple[str, float]]:
        """What a whole picture shows: head → the likeliest name, and how likely it is.

        ``style``, ``shot``, ``place``, ``time``, ``weather``, ``count``; for who is on each side (``left``, ``center``,
        ``right``, ``fourth`` right of the middle of four) ``left-kind``, ``left-colour`` and so on; ``left-thing`` …
        """
        from novel.embedded.teacher.facts import THING_NAMES
        from novel.embedded.towernet import PERSON, WHOLE

        (seen,) = self.read([picture])
        out = {head: _likeliest(odds, WHOLE[head]) for head, odds in seen.whole.items()}
        sure = [s.sure for s in seen.people]
        out["count"] = (str(len(seen.people)), min(sure, default=1.0))
        for side, spot in sides(seen.people).items():
            for head, odds in spot.odds.items():
                name, p = _likeliest(odds, PERSON[head])
                out[f"{side}-{head}"] = (name, p * spot.sure)
        for side, spot in sides(seen.things, 3).items():
            name, p = _likeliest(spot.odds["thing"], THING_NAMES)
            out[f"{side}-thing"] = (name, p * spot.sure)
        return out

    def agreement(self, picture: Picture, prompt: str) -> float:
        """How much of what the prompt asks for is in the picture, from 0 to 1: the mean, over the facts that its words
        state and that this network can see, of how likely each is. 1 where the prompt states nothing of the kind."""
        asked = read_prompt(prompt)
        (seen,) = self.read([picture])
        return agreement(seen, asked)


# --- pictures in ----------------------------------------------------------------------------------------------------


def _quiet() -> torch.inference_mode:
    import torch

    return torch.inference_mode()


def _resized(picture: Picture, size: tuple[int, int]) -> torch.Tensor:
    """A picture as 1 × 3 × rows × columns in −1 … 1."""
    import numpy as np
    import torch
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.size != size:
        smaller = image.width >= size[0] and image.height >= size[1]
        image = image.resize(size, Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.array(image, np.uint8)).permute(2, 0, 1)[None]
    return (pixels.float() / 127.5 - 1).contiguous()


Window = tuple[float, float, float, float]
"""Where the picture is in what the reader sees: left, top, width, height, in shares of it."""


def _panel(picture: Picture) -> tuple[torch.Tensor, Window]:
    """A picture at the reader's size. One of another shape keeps its proportions; its edges go on to both sides."""
    import numpy as np

    from novel.embedded.towernet import SIZE

    rows, columns = picture.shape[:2]
    wanted = SIZE[0] / SIZE[1]
    wide, tall = max(columns, round(rows * wanted)), max(rows, round(columns / wanted))
    left, top = (wide - columns) // 2, (tall - rows) // 2
    if (wide, tall) != (columns, rows):
        around = ((top, tall - rows - top), (left, wide - columns - left), (0, 0))
        picture = np.pad(picture, around, mode="edge")
    return _resized(picture, SIZE), (left / wide, top / tall, columns / wide, rows / tall)


def _crop(picture: Picture) -> torch.Tensor:
    from novel.embedded.towernet import CROP

    return _resized(picture, (CROP, CROP))


# --- vectors out ---------------------------------------------------------------------------------------------------


def _joined(odds: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
    """A vector of length 1 whose cosine with another is ``share`` of how the odds overlap (Bhattacharyya's coefficient)
    and the rest of the cosine of the other part."""
    import torch

    rest = torch.nn.functional.normalize(other, dim=0)
    vector = torch.cat([share**0.5 * odds.softmax(0).sqrt(), (1 - share) ** 0.5 * rest])
    return torch.nn.functional.normalize(vector, dim=0)


def _place_vector(x: torch.Tensor, out: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mostly the kind of place: two rooms of one kind differ by little but where which colour is."""
    import torch

    layout = torch.nn.functional.adaptive_avg_pool2d(x, (4, 8))[0].flatten()
    return _joined(out["place"][0], layout - layout.mean(), _PLACE_SHARE)


def _style_vector(x: torch.Tensor, out: dict[str, torch.Tensor]) -> torch.Tensor:
    return _joined(out["style"][0], out["manner"][0], _STYLE_SHARE)


# --- answers out ----------------------------------------------------------------------------------------------------


def _likeliest(odds: npt.NDArray[np.float32], options: Sequence[str]) -> tuple[str, float]:
    best = int(odds.argmax())
    return options[best], float(odds[best])


def _reading(out: dict[str, torch.Tensor], box: Window) -> Reading:
    import torch

    from novel.embedded.towernet import WHOLE, split_people

    def people_odds(cell: torch.Tensor) -> dict[str, npt.NDArray[np.float32]]:
        return {head: logits.softmax(0).numpy() for head, logits in split_people(cell).items()}

    def thing_odds(cell: torch.Tensor) -> dict[str, npt.NDArray[np.float32]]:
        return {"thing": cell.softmax(0).numpy()}

    things = out["things"][0]
    anywhere = (things[:1].sigmoid() * things[1:].softmax(0)).flatten(1).amax(1)
    whole = {head: out[head][0].softmax(0).numpy() for head in WHOLE}
    with torch.no_grad():
        people = _spots(out["people"][0], SURE_PERSON, _APART["people"], box, people_odds)
        seen = _spots(things, SURE_THING, _APART["things"], box, thing_odds)
    return Reading(whole, people, seen, anywhere.numpy())


def _spots(
    cells: torch.Tensor,
    least: float,
    apart: tuple[int, int],
    box: Window,
    odds: Callable[[torch.Tensor], dict[str, npt.NDArray[np.float32]]],
) -> tuple[Spot, ...]:
    """The middles that are surer than ``least``, from left to right; of those that are too near the surest."""
    felt = cells[0].sigmoid()
    rows, columns = felt.shape
    found: list[tuple[int, int]] = []
    for flat in felt.flatten().argsort(descending=True, stable=True).tolist():
        y, x = divmod(flat, columns)
        if felt[y, x] < least:
            break
        if all(abs(x - a) > apart[0] or abs(y - b) > apart[1] for a, b in found):
            found.append((x, y))
    out = []
    for x, y in sorted(found):
        across, down = ((x + 0.5) / columns - box[0]) / box[2], ((y + 0.5) / rows - box[1]) / box[3]
        # Edges that go on beside a picture of another shape are no part of it.
        if 0 <= across <= 1 and 0 <= down <= 1:
            out.append(Spot(across, down, float(felt[y, x]), odds(cells[1:, y, x])))
    return tuple(out)


def sides(spots: Sequence[Spot], most: int = 4) -> dict[str, Spot]:
    """Who or what is on which side, the surest of each; four people have a side each, from left to right."""
    if most == 4 and len(spots) == 4:
        return dict(zip(("left", "center", "fourth", "right"), spots, strict=True))
    out: dict[str, Spot] = {}
    for spot in spots:
        side = side_of(spot)
        if side not in out or spot.sure > out[side].sure:
            out[side] = spot
    return out


def side_of(spot: Spot) -> str:
    """``left``, ``center`` or ``right``: where in the picture's width something has its middle."""
    return _SIDES[(spot.x >= 0.4) + (spot.x > 0.6)]


# --- what a prompt asks for -----------------------------------------------------------------------------------------


def agreement(seen: Reading, asked: Asked) -> float:
    """The share of what is asked for that is seen; see :meth:`Tower.agreement`."""
    from novel.embedded.teacher.facts import THING_NAMES
    from novel.embedded.towernet import WHOLE

    got = weight = 0.0
    for head, name in asked.whole.items():
        w = _LESS.get(head, 1.0)
        got, weight = got + w * float(seen.whole[head][WHOLE[head].index(name)]), weight + w
    if asked.people:
        got, weight = got + (len(seen.people) == len(asked.people)), weight + 1
        hidden = _HIDDEN if asked.whole.get("style") == "manga" else frozenset[str]()
        shares = _matched(asked.people, seen.people, hidden)
        got, weight = got + shares[0], weight + shares[1]
    for thing in asked.things:
        k = THING_NAMES.index(thing.facts["thing"])
        got, weight = got + float(seen.anywhere[k]), weight + 1
    return got / weight if weight else 1.0


def _matched(wanted: Sequence[Wanted], seen: Sequence[Spot], hidden: frozenset[str]) -> tuple[float, float]:
    """What the people asked for get where they are told from those seen as well as can be, and the most they could."""
    most = sum(_worth(w, None, hidden)[1] for w in wanted)
    spots: list[Spot | None] = list(seen[:6])
    spots += [None] * max(0, len(wanted) - len(spots))
    scores = [[_worth(w, s, hidden)[0] for s in spots] for w in wanted[:6]]
    best = max(sum(scores[i][k] for i, k in enumerate(order)) for order in permutations(range(len(spots)), len(scores)))
    return best, most


def _worth(wanted: Wanted, spot: Spot | None, hidden: frozenset[str]) -> tuple[float, float]:
    """How much of one person's facts somebody has, and of how much."""
    from novel.embedded.towernet import PERSON

    got = most = 0.0
    for head, name in wanted.facts.items():
        if head in hidden or head not in PERSON:
            continue
        w = _LESS.get(head, 1.0)
        most += w
        if spot is not None:
            got += w * float(spot.odds[head][PERSON[head].index(name)])
    if wanted.side:
        most += 1
        side = {"fourth": "right"}.get(wanted.side, wanted.side)
        got += spot is not None and (side_of(spot) == side or _near(spot, side))
    return got, most


def _near(spot: Spot, side: str) -> bool:
    """In a row of many, the outer half of a side will do."""
    return (side == "left" and spot.x < 0.5) or (side == "right" and spot.x > 0.5)
