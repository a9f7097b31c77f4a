"""What a book says of its own making: the lines of the colophon and the generator's name in a file's metadata."""

from __future__ import annotations

from collections.abc import Sequence

from novel import __version__
from novel.plan.model import ModelSpec, Plan
from novel.story.load import Book

TOOLS = {"diffusers": ("diffusers", "transformers", "torch"), "fake": ()}
"""The libraries that each backend draws with."""


def model_name(spec: ModelSpec) -> str:
    """A model as a reader should see it: its name, and the weights' hash or commit in short."""
    if spec.backend == "fake":
        return "no model (test pictures)"
    name = "novel’s embedded model" if spec.name == "embedded" else spec.name
    mark = spec.identity.rpartition("@")[2] if "@" in spec.identity else spec.identity.removeprefix("sha256:")
    return f"{name} ({mark[:12]})"


def generator(spec: ModelSpec) -> str:
    """Names the tool and the model, for the file's metadata."""
    return f"novel {__version__}, pictures by {model_name(spec)}"


def own_words(book: Book) -> list[str]:
    """The paragraphs that the writer has for the colophon."""
    return [paragraph.strip() for paragraph in book.story.colophon.split("\n\n") if paragraph.strip()]


def colophon(book: Book, spec: ModelSpec, plan: Plan, others: Sequence[ModelSpec] = ()) -> Sequence[str]:
    """The colophon's paragraphs: the writer's own, then how the pictures were made.

    ``others``: models beside the style's that some pictures were drawn with.
    """
    style = book.style
    lines = own_words(book)
    if plan.requests or plan.kept:
        models = " and ".join(model_name(one) for one in (spec, *others))
        lines.append(
            f"The pictures in this book are AI-generated. They were drawn by {models} from the words of "
            f"the story, in the style “{style.name}”."
        )
    if plan.images:
        lines.append(
            "One picture is the author’s own."
            if len(plan.images) == 1
            else f"{len(plan.images)} pictures are the author’s own."
        )
    tools = [f"novel {__version__}", *filter(None, map(_versioned, TOOLS[spec.backend]))]
    lines.append(f"Made with {', '.join(tools)}. Lettered and laid out by novel.")
    return lines


def stack_versions(spec: ModelSpec) -> dict[str, str]:
    """The versions of novel and of the libraries that draw with a model, as they are installed; nothing is imported."""
    found = {"novel": __version__, **{package: _version(package) for package in sorted(TOOLS[spec.backend])}}
    return {package: version for package, version in found.items() if version}


def _versioned(package: str) -> str:
    version = _version(package)
    return f"{package} {version}" if version else ""


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # 20 ms that a check can do without

    try:
        return version(package)
    except PackageNotFoundError:
        return ""
