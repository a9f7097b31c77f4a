"""What is set before the libraries are loaded."""

import os

import pytest

pytest.importorskip("torch")

from novel.render import loading


@pytest.mark.parametrize(("load", "policy"), [(0.1, "ACTIVE"), (1.2, "PASSIVE")])
def test_threads_spin_only_where_the_processors_are_free(monkeypatch, load, policy):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 9.0, 9.0))
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    loading.import_quietly()
    assert os.environ["OMP_WAIT_POLICY"] == policy


def test_threads_sleep_where_nobody_tells_the_load(monkeypatch):
    monkeypatch.delattr(os, "getloadavg")
    assert loading.waiting() == "PASSIVE"


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    loading.import_quietly()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
