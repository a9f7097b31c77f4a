"""The pictures that others start from, go by or are chosen among, as the engine hands them to what draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.errors import NovelError
from novel.render import best_of, own_picture, png, subjects
from novel.render.backend import PanelFailed, Pixels
from novel.request import MaskPerson, RenderRequest
from novel.store import Store

if TYPE_CHECKING:
    from novel.render.likeness import Likeness


class Chooser:
    """Who chooses among several pictures; opened when there is something to choose."""

    def __init__(self, opens: Callable[[], Likeness] | None) -> None:
        self._opens = opens
        self._opened: Likeness | None = None

    def best(self, request: RenderRequest, pictures: Beginnings) -> tuple[RenderRequest, Pixels, dict[str, str]]:
        """The request that won, its picture, and what the recipe says of the choice."""
        return best_of.kept(request, pictures.picture, pictures.like, self._judge)

    def _judge(self, identity: str) -> Likeness:
        if self._opened is None:
            if self._opens is None:
                raise PanelFailed("nobody is there to choose among its candidates")
            self._opened = self._opens()
        if self._opened.identity != identity:
            raise PanelFailed(f"its candidates are to be judged by {identity}, and {self._opened.identity} is here")
        return self._opened


class Beginnings:
    """The pictures that others start from. The last few stay in memory, because chains run in order."""

    def __init__(
        self, store: Store, assets: Mapping[str, Path], names: Mapping[str, str], failed: Mapping[str, str]
    ) -> None:
        self._store, self._assets, self._names, self._failed = store, assets, names, failed
        self._kept: dict[str, Pixels] = {}

    def picture(self, request: RenderRequest) -> Pixels | None:
        """A request's finished picture; None where it failed."""
        if request.key in self._failed:
            return None
        if request.key not in self._kept:
            self.remember(request.key, self._drawn(request.key))
        return self._kept[request.key]

    def like(self, sha256: str) -> Pixels:
        """A picture that others should look like. Raises PanelFailed where it has gone or changed."""
        return self._asset(sha256)

    def of(self, request: RenderRequest) -> Pixels | None:
        """The starting picture of a request; None where it has none. Raises PanelFailed where it can't be had."""
        if request.init is None:
            return None
        source = request.init.source
        if source not in self._kept:
            self.remember(source, self._asset(source) if request.init.kind == "asset" else self._drawn(source))
        return self._kept[source]

    def remember(self, source: str, pixels: Pixels) -> None:
        """Keep a picture in memory for those that start from it."""
        self._kept[source] = pixels
        while len(self._kept) > 4:
            del self._kept[next(iter(self._kept))]

    def _drawn(self, key: str) -> Pixels:
        name = self._names.get(key, key[:10])
        if key in self._failed:
            raise PanelFailed(f"it continues {name}, which failed")
        entry = self._store.get(key)
        if entry is None:
            raise PanelFailed(f"it continues {name}, whose picture is not there")
        return png.decode(entry.payload)

    def mask_file(self, sha256: str) -> Path:
        """A mask's file. Raises PanelFailed where it has gone or changed."""
        return self._file(sha256, "its mask")

    def _asset(self, sha256: str) -> Pixels:
        path = self._file(sha256, "which it starts from")
        try:
            return own_picture.pixels_from_file(path)
        except NovelError as error:
            raise PanelFailed(f"{path.name}, which it starts from, can't be used: {error}") from error

    def room(self, mask: MaskPerson) -> tuple[float, float, float, float]:
        """Where somebody is in the picture that shows all. Raises PanelFailed where that isn't there."""
        return room_in(self._store, mask)

    def people(self, request: RenderRequest, drawn: RenderRequest) -> list[dict[str, Any]]:
        """The people of a picture in which one of them was drawn anew, or that was chosen (``drawn``): they are where
        they were before."""
        mask = request.init.mask if request.init is not None else None
        before = mask.found_in if isinstance(mask, MaskPerson) else drawn.key
        entry = self._store.get(before) if before != request.key else None
        return [] if entry is None else list(entry.meta.get("subjects", ()))

    def _file(self, sha256: str, role: str) -> Path:
        path = self._assets.get(sha256)
        if path is None:
            raise PanelFailed(f"a picture, {role}, is not among the story's files")
        try:
            if self._store.sha256_of_file(path) != sha256:
                raise PanelFailed(f"{path.name}, {role}, has changed since the build began")
        except NovelError as error:
            raise PanelFailed(f"{path.name}, {role}, can't be used: {error}") from error
        return path


def room_in(store: Store, mask: MaskPerson) -> tuple[float, float, float, float]:
    """Where one of several people is, in shares of the picture. Raises PanelFailed where the picture isn't there."""
    entry = store.get(mask.found_in)
    if entry is None:
        raise PanelFailed("the picture in which its people were looked for is not there")
    return subjects.room_of(mask, entry.meta.get("subjects", ()))
