"""Makes the deployable template as `make package` does. Writes nothing into the checkout."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.build.package import ROOT, lay_out, run_chalice

Template = dict[str, Any]
_STAGE, _ARCH = "live", "arm64"


def packaged_template(folder: Path) -> Template:
    """Leaves out the dependencies, which change nothing in the template."""
    project = lay_out(ROOT, folder / "project", _STAGE, _ARCH)
    (project / "requirements.txt").unlink()
    run_chalice(project, _STAGE, folder / "out")
    made: Template = json.loads((folder / "out" / "template.json").read_text())
    return made


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        print(json.dumps(packaged_template(Path(folder)), indent=1))
