"""Joins the files of `infra/template/` into one, for `chalice package --merge-template`.

chalice merges the result into the template that it generates from app.py. Mappings are merged deeply; lists and scalars
replace those of chalice. Each parameter, resource or output may be in one file only.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from chalice.package import YAMLTemplateSerializer

Template = dict[str, Any]


class BadTemplate(Exception):
    """A file cannot be merged. The text names it and says why."""


def merged(folder: Path) -> Template:
    """Raises BadTemplate."""
    template: Template = {}
    for path in sorted(folder.glob("*.yaml")):
        for section, entries in _read(path).items():
            present = template.setdefault(section, {})
            if twice := present.keys() & entries.keys():
                raise BadTemplate(f"{path.name}: {', '.join(sorted(twice))} is in another file too")
            present.update(entries)
    return template


def _read(path: Path) -> Template:
    text = path.read_text()
    try:
        twice = [*_named_twice(yaml.compose(text))]
        content = YAMLTemplateSerializer().load_template(text, path.name)
    except yaml.YAMLError as problem:
        raise BadTemplate(f"{path.name} is not YAML: {' '.join(str(problem).split())}") from None
    if twice:
        raise BadTemplate(f"{path.name}: {', '.join(twice)} is in this file twice")
    if not isinstance(content, dict) or not all(isinstance(entries, dict) for entries in content.values()):
        raise BadTemplate(f"{path.name} is not a mapping of sections to mappings")
    return content


def _named_twice(node: yaml.Node | None) -> Iterator[str]:
    """Yields the names that a mapping has twice. YAML would silently use the last one."""
    match node:
        case yaml.MappingNode(value=pairs):
            names = Counter(key.value for key, _ in pairs)
            yield from (name for name, count in names.items() if count > 1)
            for _, value in pairs:
                yield from _named_twice(value)
        case yaml.SequenceNode(value=nodes):
            for nested in nodes:
                yield from _named_twice(nested)
