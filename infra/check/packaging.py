"""The deployable template, as `chalice package` makes it of this tree; nothing is written into the tree."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
Template = dict[str, Any]

_CONFIG = {
    "version": "2.0",
    "app_name": "known-to",
    "lambda_architecture": "arm64",
    "api_gateway_stage": "live",
    "stages": {
        "live": {"lambda_functions": {"api_handler": {"autogen_policy": False, "iam_policy_file": "policies/api.json"}}}
    },
}


def packaged_template(folder: Path) -> Template:
    """Without the dependencies: they change nothing in the template."""
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "infra" / "policies", folder / ".chalice" / "policies")
    (folder / ".chalice" / "config.json").write_text(json.dumps(_CONFIG))
    (folder / "requirements.txt").touch()
    chalice = Path(sys.executable).with_name("chalice")
    merge = ROOT / "infra" / "template.yaml"
    environ = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-2"}
    command = [str(chalice), "package", "--stage", "live", "--merge-template", str(merge), "out"]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)
    made: Template = yaml.safe_load((folder / "out" / "sam.yaml").read_text())
    return made


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        print(json.dumps(packaged_template(Path(folder)), indent=1))
