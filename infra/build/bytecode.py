"""Replaces every source in a folder with bytecode: `python -S -P bytecode.py FOLDER`. Standard library only.

Run it in a process of its own. It takes the files in order, because marshalled code depends on the strings that the
interpreter already holds. It removes docstrings, and keeps asserts because the tests ran with them.
"""

import ast
import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

_UNCHECKED_HASH = (0b01).to_bytes(4, "little")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main(folder: Path) -> None:
    for file in sorted(folder.rglob("*.py")):
        source = file.read_bytes()
        name = file.relative_to(folder).as_posix()  # tracebacks show this name, so it holds no path of this machine
        code = compile(_without_docstrings(source), name, "exec", dont_inherit=True, optimize=0)
        header = MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source)
        file.with_suffix(".pyc").write_bytes(header + marshal.dumps(code))
        file.unlink()


def _without_docstrings(source: bytes) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), node.body[0])]
    return tree


if __name__ == "__main__":
    main(Path(sys.argv[1]))
