"""`make package` refuses in words what it cannot package."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.build.package import MACHINES, NotPackaged, package

from .test_package import HOST

pytestmark = pytest.mark.system


def _checkout(folder: Path, app: str) -> Path:
    files = {"app.py": app, "requirements.txt": "", "infra/chalice.json": '{"version": "2.0", "app_name": "small"}'}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_folder_that_is_not_a_checkout_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotPackaged, match="run this in a git checkout"):
        package("test", HOST, tmp_path / "build", _checkout(tmp_path / "project", ""))


def test_an_app_that_chalice_cannot_import_is_refused_in_words(tmp_path: Path) -> None:
    project = _checkout(tmp_path / "project", "raise RuntimeError('out of order')")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    with pytest.raises(NotPackaged, match=r"(?s)chalice could not package .*out of order"):
        package("test", HOST, tmp_path / "build", project)


def test_a_registry_that_cannot_be_reached_is_named_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NotPackaged, match="is the package registry reachable"):
        package("test", HOST, tmp_path / "build")


@pytest.mark.parametrize(
    ("stage_name", "arch"), [("Dev Stage", "arm64"), ("../x", "arm64"), ("dev-2", "arm64"), ("dev", "mips")]
)
def test_an_invalid_stage_or_architecture_is_refused_in_words(tmp_path: Path, stage_name: str, arch: str) -> None:
    with pytest.raises(NotPackaged, match="for example: make package"):
        package(stage_name, arch, tmp_path)
    assert set(MACHINES) == {"arm64", "x86_64"}
