"""Files by content key: written whole or not at all, and checked against their hash whenever they are read.

An entry is one file::

    novel-store 1 <sha256 of the next line>
    {"key": …, "meta": …, "sha256": <of the payload>, "size": <of the payload>}
    <payload>

so that a flipped bit, a missing tail or a zeroed block is seen wherever it lies. A damaged entry is reported, set aside
and counts as absent. The whole folder may be deleted at any time; that costs time only.

Whoever writes holds ``Store.lock``; reading needs no lock, because a file appears under its name only when complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from novel.errors import FileError

_MAGIC = b"novel-store 1 "
_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".novel-", ".tmp"
_BLOCK = 1 << 20
_REMEMBERED_FROM = 1 << 20
"""Files from this size on (bytes) have their hash remembered; smaller ones are hashed faster than looked up."""
_RACE_NS = 2_000_000_000
"""A file changed this recently could change again within its clock tick, so its hash isn't remembered yet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands under a key. ``sha256`` is of ``payload``; ``meta`` is free JSON."""

    key: str
    payload: bytes
    meta: Mapping[str, Any]
    sha256: str


class Store:
    """A folder of entries. Nothing is created until something is put.

    ``on_damage`` is told, in a sentence, of each damaged entry; ``damaged`` lists those sentences too.
    """

    def __init__(self, root: Path, on_damage: Callable[[str], None] | None = None) -> None:
        self.root = Path(root)
        self.damaged: list[str] = []
        self._on_damage = on_damage
        self._hashes = FileHashes(self.root / "hashes.json")

    def path_of(self, key: str) -> Path:
        """Where the entry for a key stands, whether or not it is there."""
        if not key or not all(c.isalnum() or c in "-_" for c in key):
            raise ValueError(f"not a key: {key!r}")
        return self.root / "entries" / key[:2] / f"{key}.entry"

    def contains(self, key: str) -> bool:
        """Whether an entry is there, by a look at the folder alone: cheap, and blind to damage."""
        try:
            return os.stat(self.path_of(key)).st_size > len(_MAGIC)
        except OSError:
            return False

    def get(self, key: str) -> Entry | None:
        """The entry for a key, checked against its hashes; None where there is none or where it is damaged.

        Raises FileError where the entry is there but may not be read.
        """
        path = self.path_of(key)
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise FileError(f"{path} can't be read: {_reason(error)}", "Check who owns the folder.") from error
        except OSError as error:
            self._set_aside(path, _reason(error))
            return None
        try:
            return _parse(data, key)
        except ValueError as error:
            self._set_aside(path, str(error))
            return None

    def put(self, key: str, payload: bytes, meta: Mapping[str, Any]) -> Entry:
        """Write an entry, whole and durably, in place of any that is there.

        Raises FileError (disk full, no permission); what stood there before then still stands.
        """
        digest = hashlib.sha256(payload).hexdigest()
        header = json.dumps(
            {"key": key, "meta": dict(meta), "sha256": digest, "size": len(payload)},
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
        ).encode()
        first = _MAGIC + hashlib.sha256(header).hexdigest().encode()
        path = self.path_of(key)
        if path.is_dir():  # Nothing of ours, and os.replace can't take its place.
            self._set_aside(path, "a folder stands in its place")
        write_atomically(path, b"\n".join((first, header, payload)))
        return Entry(key, payload, dict(meta), digest)

    def sha256_of_file(self, path: Path) -> str:
        """The sha256 of any file's content, in hex, remembered here if the file is big. Raises FileError."""
        return self._hashes.sha256_of_file(path)

    @contextlib.contextmanager
    def lock(self, wait: float | None = None, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the store for writing; see ``folder_lock``. Temporaries that a killed writer left are removed."""
        with folder_lock(self.root, wait, on_wait):
            for folder in (self.root, *sorted((self.root / "entries").glob("*"))):
                remove_temporaries(folder)
            yield

    def _set_aside(self, path: Path, reason: str) -> None:
        """Move a damaged entry to the quarantine; where that can't be, remove it; where even that can't, leave it."""
        aside = self.root / "quarantine" / path.name
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            if aside.is_dir():
                shutil.rmtree(aside, ignore_errors=True)
            os.replace(path, aside)
            outcome = f"set aside as {aside}"
        except OSError:  # Another file system (EXDEV), no permission, disk full.
            try:
                os.unlink(path)
                outcome = "removed"
            except OSError:
                outcome = "left where it is"
        sentence = f"The stored entry {path.name} is damaged ({reason}); it was {outcome} and doesn't count."
        self.damaged.append(sentence)
        if self._on_damage:
            self._on_damage(sentence)


def _parse(data: bytes, key: str) -> Entry:
    """An entry from its file's bytes; ValueError with the reason where anything is not as it was written."""
    first, _, rest = data.partition(b"\n")
    if not first.startswith(_MAGIC):
        raise ValueError("empty" if not data else "its beginning is not that of an entry")
    header, _, payload = rest.partition(b"\n")
    if hashlib.sha256(header).hexdigest().encode() != first[len(_MAGIC) :]:
        raise ValueError("its header does not agree with its hash")
    fields = json.loads(header)
    if fields["key"] != key:
        raise ValueError(f"it belongs to {fields['key']}")
    if len(payload) != fields["size"]:
        raise ValueError(f"{len(payload)} bytes where {fields['size']} were written")
    if hashlib.sha256(payload).hexdigest() != fields["sha256"]:
        raise ValueError("its content does not agree with its hash")
    return Entry(key, payload, fields["meta"], fields["sha256"])


class FileHashes:
    """The sha256 of files, remembered by path, size, modification time and inode, so that big ones are hashed once.

    The memory is a JSON file. Damage to it, or a place that can't be written, costs time only.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[str, list[Any]] | None = None

    def sha256_of_file(self, path: Path) -> str:
        """The sha256 of a file's content, in hex. Raises FileError where it can't be read."""
        try:
            stat = os.stat(path)
            if self._memory is None or stat.st_size < _REMEMBERED_FROM:
                return _hash(path)
            name = os.path.realpath(path)
            fingerprint = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            found = self._load().get(name)
            if found is not None and found[:3] == fingerprint:
                return str(found[3])
            digest = _hash(path)
            if time.time_ns() - stat.st_mtime_ns > _RACE_NS:
                self._load()[name] = [*fingerprint, digest]
                self._save()
            return digest
        except OSError as error:
            raise FileError(f"{path} can't be read: {_reason(error)}") from error

    def _load(self) -> dict[str, list[Any]]:
        if self._known is None:
            self._known = {}
            try:
                assert self._memory is not None
                data = json.loads(self._memory.read_bytes())
                body = json.dumps(data["files"], sort_keys=True).encode()
                if data["sha256"] == hashlib.sha256(body).hexdigest():
                    self._known = dict(data["files"])
            except (OSError, ValueError, KeyError, TypeError):
                pass  # Absent or damaged: the files are hashed anew.
        return self._known

    def _save(self) -> None:
        assert self._memory is not None
        if not self._memory.parent.is_dir():
            return  # Who only looks (a check, a plan) makes no folder; the first build does.
        body = json.dumps(self._known, sort_keys=True)
        data = json.dumps({"files": self._known, "sha256": hashlib.sha256(body.encode()).hexdigest()}, sort_keys=True)
        with contextlib.suppress(FileError):
            write_atomically(self._memory, data.encode())


def sha256_of(data: bytes) -> str:
    """The sha256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> bool:
    """Make ``path`` hold ``data``: durably, and at no moment in part. False where it already did and nothing was done.

    A temporary file in the same folder, fsync, rename, fsync of the folder. Missing folders are made. Raises FileError
    with the old content left as it was and no temporary behind.
    """
    path = Path(path)
    if _holds(path, data):
        return False
    temporary = path.parent / f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"
    try:
        _make_folder(path.parent)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, path)
        except BaseException:  # An interruption too leaves nothing behind.
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise FileError(
            f"{path} can't be written: {_reason(error)}",
            "Free some space, or choose another folder." if error.errno == 28 else "Check the folder and who owns it.",
        ) from error
    return True


def remove_temporaries(folder: Path) -> int:
    """Remove what killed writers left in one folder, and say how many. Only for whoever holds that folder's lock."""
    count = 0
    for stale in sorted(folder.glob(f"{_TEMPORARY_PREFIX}*{_TEMPORARY_SUFFIX}")):
        with contextlib.suppress(OSError):
            stale.unlink()
            count += 1
    return count


@contextlib.contextmanager
def folder_lock(
    folder: Path, wait: float | None = None, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold a folder for writing. The system lets go of the lock when its process ends, however it ends.

    Where another process holds it, ``on_wait`` is told in a sentence, and the lock is awaited for ``wait`` seconds
    (None: as long as it takes). Raises FileError when that time is up, or where the folder can't be written.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415

    try:
        _make_folder(folder)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait and wait != 0:
                on_wait(f"Another build is at work in {folder}; waiting for it to end.")
            lock.acquire(timeout=-1 if wait is None else wait)
    except Timeout as error:
        raise FileError(
            f"Another build is at work in {folder}.", "Wait for it to end, or choose another --out."
        ) from error
    except OSError as error:
        raise FileError(f"{folder} can't be locked: {_reason(error)}", "Check the folder and who owns it.") from error
    try:
        yield
    finally:
        lock.release()


def _holds(path: Path, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size != len(data):
                return False
            view = memoryview(data)
            while view:
                block = file.read(_BLOCK)
                if not block or block != view[: len(block)]:
                    return False
                view = view[len(block) :]
            return True
    except OSError:
        return False


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each made durable in the one that holds it."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        if folder.parent == folder:
            break
        folder = folder.parent
    for each in reversed(missing):
        os.makedirs(each, exist_ok=True)
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no such call; its rename is in the file system's journal.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
