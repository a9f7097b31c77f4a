"""Find a hub model in the local cache, by looking at the cache's folders. Nothing is fetched and no socket is opened.

Layout: ``models--ORG--NAME/refs/REVISION`` holds a commit, ``snapshots/COMMIT/`` its files
(huggingface.co/docs/huggingface_hub/guides/manage-cache).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from novel.errors import MissingError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_NEEDED = ("model_index.json", "*/*.json", "*/*.txt", "*/*.model", "*/*.jinja", "*/*.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where hub models are kept, by the variables that huggingface_hub obeys."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environment.get(name):
            return _expanded(environment[name])
    if environment.get("HF_HOME"):
        return _expanded(environment["HF_HOME"]) / "hub"
    return _expanded(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def is_offline(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the user has said that the hub must not be asked."""
    value = environment.get("HF_HUB_OFFLINE") or environment.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in {"1", "ON", "YES", "TRUE"}


def download_command(hub_id: str, revision: str | None = None, files: Sequence[str] = _NEEDED) -> str:
    """The command that fetches just what a render needs into the cache: of a model, or ``files`` of something else."""
    pinned = f" --revision {revision}" if revision else ""
    patterns = " ".join(f'--include "{p}"' for p in files)
    return f"hf download {hub_id}{pinned} {patterns}"


def find(hub_id: str, revision: str | None, environment: Mapping[str, str] = os.environ) -> tuple[Path, str]:
    """The snapshot's folder and its commit. Raises MissingError with the download command where it isn't there."""
    repository = cache_folder(environment) / f"models--{hub_id.replace('/', '--')}"
    wanted = revision or "main"
    if ".." in wanted or wanted.startswith("/"):
        raise MissingError(f"{wanted!r} is not a revision of {hub_id}.", "Give a commit, a branch or a tag.")
    commit: str | None = wanted if _COMMIT.fullmatch(wanted) else None
    if commit is None:
        try:
            commit = (repository / "refs" / wanted).read_text().strip()
        except (OSError, UnicodeDecodeError):
            commit = None
    if commit is None or not _COMMIT.fullmatch(commit) or not (repository / "snapshots" / commit).is_dir():
        at = f" at revision {revision}" if revision else ""
        offline = " You are offline by HF_HUB_OFFLINE; clear it first." if is_offline(environment) else ""
        raise MissingError(
            f"The model {hub_id}{at} is not on this machine (looked in {cache_folder(environment)}).",
            f"Fetch it once with: {download_command(hub_id, revision)}{offline}",
        )
    return repository / "snapshots" / commit, commit


def ids(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The hub ids of which the cache holds a model in diffusers format, sorted."""
    found = set()
    for index in cache_folder(environment).glob("models--*/snapshots/*/model_index.json"):
        name = index.parent.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
        if HUB_ID.fullmatch(name):
            found.add(name)
    return sorted(found)


def _expanded(path: str) -> Path:
    return Path(os.path.expandvars(path)).expanduser()
