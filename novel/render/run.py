"""Open the backend that a spec names."""

from __future__ import annotations

from novel.errors import UsageError
from novel.render.backend import Backend, BackendSpec, Warn


def open_backend(spec: BackendSpec, warn: Warn | None = None) -> Backend:
    """A backend ready to draw. ``warn`` gets sentences for the user.

    Raises MissingError where its model, device or library is missing.
    """
    if spec.name == "fake":
        from novel.render.fake import FakeBackend

        return FakeBackend()
    if spec.name == "diffusers":
        from novel.render.diffusers_backend import DiffusersBackend

        return DiffusersBackend(spec, warn or _nothing)
    raise UsageError(f"There is no backend {spec.name!r}.", "Backends: diffusers, fake.")


def _nothing(message: str) -> None:
    pass
