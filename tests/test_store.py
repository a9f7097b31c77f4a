"""The store: what is put comes back whole, damage is seen, and no failure leaves half a file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novel import store as store_module
from novel.errors import FileError
from novel.store import FileHashes, Store, folder_lock, remove_temporaries, sha256_of, write_atomically

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# What is put comes back.


@settings(deadline=None, max_examples=20, derandomize=True)
@given(payload=st.binary(max_size=200), text=st.text(max_size=20))
def test_what_is_put_comes_back(tmp_path_factory: pytest.TempPathFactory, payload: bytes, text: str) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    meta = {"text": text.encode("utf-8", "ignore").decode(), "number": 1.5, "list": [1, None]}
    store.put(KEY, payload, meta)
    entry = store.get(KEY)
    assert entry is not None
    assert (entry.payload, entry.meta, entry.key, entry.sha256) == (payload, meta, KEY, sha256_of(payload))


def test_an_absent_entry_is_none_and_nothing_is_created(store: Store) -> None:
    assert store.get(KEY) is None
    assert not store.contains(KEY)
    assert not store.root.exists()


def test_a_later_put_takes_the_place_of_an_earlier_one(store: Store) -> None:
    store.put(KEY, b"old", {})
    store.put(KEY, b"new", {"n": 2})
    entry = store.get(KEY)
    assert entry is not None
    assert (entry.payload, dict(entry.meta)) == (b"new", {"n": 2})


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a.b", "a\0"])
def test_a_key_never_leads_elsewhere(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.path_of(key)


# Damage.


def test_every_single_flipped_bit_is_seen(store: Store) -> None:
    store.put(KEY, b"a picture", {"seconds": 1})
    path = store.path_of(KEY)
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        path.write_bytes(damaged)
        assert store.get(KEY) is None, position
        assert not path.exists()
    assert len(store.damaged) == len(whole)


@pytest.mark.parametrize("kept", range(0, 240, 7))
def test_every_truncation_is_seen(store: Store, kept: int) -> None:
    store.put(KEY, bytes(range(64)), {"seconds": 1})
    path = store.path_of(KEY)
    whole = path.read_bytes()
    path.write_bytes(whole[: min(kept, len(whole) - 1)])
    assert store.get(KEY) is None


def test_a_zeroed_entry_is_set_aside_reported_and_can_be_put_again(tmp_path: Path) -> None:
    heard: list[str] = []
    store = Store(tmp_path, heard.append)
    store.put(KEY, b"picture", {})
    path = store.path_of(KEY)
    path.write_bytes(bytes(path.stat().st_size))
    assert store.get(KEY) is None
    assert len(heard) == 1
    assert "damaged" in heard[0]
    assert (tmp_path / "quarantine" / path.name).exists()
    store.put(KEY, b"picture", {})
    entry = store.get(KEY)
    assert entry is not None
    assert entry.payload == b"picture"


def test_an_entry_under_another_key_does_not_count(store: Store) -> None:
    other = "ac" + "0" * 62
    store.put(KEY, b"picture", {})
    store.path_of(other).parent.mkdir(parents=True)
    os.rename(store.path_of(KEY), store.path_of(other))
    assert store.get(other) is None
    assert "belongs to" in store.damaged[0]


def test_quarantine_on_another_file_system_still_succeeds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(KEY, b"picture", {})
    store.path_of(KEY).write_bytes(b"")
    faults = Faults(monkeypatch, "replace", errno.EXDEV)
    faults.at = 1
    assert store.get(KEY) is None
    assert faults.calls["replace"] == 1
    assert not store.path_of(KEY).exists()
    store.put(KEY, b"picture", {})
    assert store.get(KEY) is not None


def test_a_folder_in_an_entrys_place_is_no_entry_and_no_obstacle(store: Store) -> None:
    store.path_of(KEY).mkdir(parents=True)
    assert store.get(KEY) is None
    store.path_of(KEY).mkdir(parents=True, exist_ok=True)
    store.put(KEY, b"picture", {})
    assert store.get(KEY) is not None


# Writing.


class Faults:
    """Stands in for ``os`` within the store: the nth call of one function fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
        self.at = 0
        self.calls: dict[str, int] = {}
        self._name, self._code = name, code
        functions = {n: getattr(os, n) for n in dir(os) if not n.startswith("__")}
        functions[name] = self._failing
        monkeypatch.setattr(store_module, "os", SimpleNamespace(**functions))

    def _failing(self, *args: Any, **kwargs: Any) -> Any:
        self.calls[self._name] = self.calls.get(self._name, 0) + 1
        if self.calls[self._name] == self.at:
            raise OSError(self._code, os.strerror(self._code))
        return getattr(os, self._name)(*args, **kwargs)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("name", ["open", "write", "fsync", "replace", "makedirs"])
def test_whichever_call_fails_no_partial_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    """Make the nth open, write, fsync, rename or mkdir fail, for every n until one run has none left to fail."""
    for old in (None, b"old content"):
        nth = 0
        while True:
            nth += 1
            folder = tmp_path / f"{name}-{code}-{old is not None}-{nth}"
            folder.mkdir()
            path = folder / "deep" / "er" / "file.bin" if old is None else folder / "file.bin"
            if old is not None:
                path.write_bytes(old)
            with monkeypatch.context() as patch:
                faults = Faults(patch, name, code)
                faults.at = nth
                error = None
                try:
                    write_atomically(path, b"new content")
                except FileError as raised:
                    error = raised
            failed = error is not None
            if error is not None:
                assert str(path) in str(error)
                assert error.exit_code == 5
            assert not list(folder.rglob("*.tmp"))
            found = path.read_bytes() if path.exists() else None
            if not failed:
                assert found == b"new content"
                break
            # All or nothing; and nothing, unless only the folder's own fsync failed.
            assert found in (old, b"new content")
            assert found == old or name in ("open", "fsync")
        assert nth > 1 or name == "makedirs"


def test_a_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    functions = {n: getattr(os, n) for n in dir(os) if not n.startswith("__")}
    functions["write"] = lambda descriptor, data: real(descriptor, data[:3])
    monkeypatch.setattr(store_module, "os", SimpleNamespace(**functions))
    write_atomically(tmp_path / "file", b"more than three bytes")
    assert (tmp_path / "file").read_bytes() == b"more than three bytes"


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    functions = {n: getattr(os, n) for n in dir(os) if not n.startswith("__")}
    monkeypatch.setattr(store_module, "os", SimpleNamespace(**{**functions, "fsync": interrupted}))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"data")
    assert files_under(tmp_path) == {}


def test_a_put_that_fails_keeps_the_old_entry(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(KEY, b"old", {})
    with monkeypatch.context() as patch:
        Faults(patch, "write", errno.ENOSPC).at = 1
        with pytest.raises(FileError, match="no space left"):
            store.put(KEY, b"new", {})
    entry = store.get(KEY)
    assert entry is not None
    assert entry.payload == b"old"


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_atomically(path, b"data") is True
    before = path.stat()
    assert write_atomically(path, b"data") is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert write_atomically(path, b"datb") is True
    assert write_atomically(path, b"data longer") is True
    assert path.read_bytes() == b"data longer"


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "ours", b"")
    (tmp_path / "plain").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    store = Store(tmp_path / "store")
    assert store.get(KEY) is None
    with pytest.raises(FileError):
        store.put(KEY, b"", {})
    with pytest.raises(FileError), store.lock():
        pass


# Locks.

HOLD = """
import sys, time
from pathlib import Path
from novel.store import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_one_of_two_builds_is_told_and_gives_up_in_time(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    heard: list[str] = []
    with pytest.raises(FileError, match="at work"), folder_lock(tmp_path, wait=0.2, on_wait=heard.append):
        pass
    assert len(heard) == 1
    assert str(tmp_path) in heard[0]


def test_a_killed_holders_lock_is_free_and_its_temporaries_go(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"picture", {})
    stale = [tmp_path / ".novel-1.tmp", store.path_of(KEY).parent / ".novel-2.tmp"]
    for path in stale:
        path.write_bytes(b"half a pic")
    holder.kill()
    holder.wait()
    with store.lock(wait=5):
        assert not any(path.exists() for path in stale)
    assert store.get(KEY) is not None
    with store.lock(wait=0):  # And it was let go of.
        pass


def test_only_our_temporaries_are_removed(tmp_path: Path) -> None:
    for name in (".novel-a.tmp", "notes.tmp", ".novel-b.txt"):
        (tmp_path / name).touch()
    assert remove_temporaries(tmp_path) == 1
    assert sorted(files_under(tmp_path)) == [".novel-b.txt", "notes.tmp"]


# Hashes of files.


def big_file(path: Path, fill: bytes = b"x") -> Path:
    path.write_bytes(fill * (2 << 20))
    os.utime(path, ns=(10**18, 10**18))
    return path


def test_a_big_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = big_file(tmp_path / "weights")
    digest = FileHashes(tmp_path / "memory.json").sha256_of_file(path)
    assert digest == sha256_of(path.read_bytes())
    monkeypatch.setattr(store_module, "_hash", lambda path: pytest.fail("hashed again"))
    assert FileHashes(tmp_path / "memory.json").sha256_of_file(path) == digest


def test_a_changed_file_is_hashed_again(tmp_path: Path) -> None:
    hashes = FileHashes(tmp_path / "memory.json")
    path = big_file(tmp_path / "weights")
    before = hashes.sha256_of_file(path)
    big_file(path, b"y")
    os.utime(path, ns=(10**18 + 1, 10**18 + 1))
    assert hashes.sha256_of_file(path) == sha256_of(path.read_bytes()) != before


def test_a_file_that_changed_just_now_is_not_believed_yet(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(2 << 20))
    FileHashes(tmp_path / "memory.json").sha256_of_file(path)
    assert not (tmp_path / "memory.json").exists()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"files": 3, "sha256": ""}', b"[]", b"\xff"])
def test_a_damaged_memory_costs_time_only(tmp_path: Path, damage: bytes) -> None:
    path = big_file(tmp_path / "weights")
    memory = tmp_path / "memory.json"
    FileHashes(memory).sha256_of_file(path)
    memory.write_bytes(damage)
    assert FileHashes(memory).sha256_of_file(path) == sha256_of(path.read_bytes())


def test_a_memory_edited_by_hand_is_not_believed(tmp_path: Path) -> None:
    path = big_file(tmp_path / "weights")
    memory = tmp_path / "memory.json"
    digest = FileHashes(memory).sha256_of_file(path)
    memory.write_text(memory.read_text().replace(digest, "0" * 64))
    assert FileHashes(memory).sha256_of_file(path) == digest


def test_a_missing_file_is_a_file_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        store.sha256_of_file(tmp_path / "nothing")
