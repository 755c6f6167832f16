"""The files of the template are joined into one, and nothing is lost silently."""

from pathlib import Path

import pytest

from infra.build.template import BadTemplate, merged


def _folder(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_each_file_adds_to_the_sections(tmp_path: Path) -> None:
    files = {"keys": "Resources:\n  Key: !GetAtt Other.Arn\n", "tables": "Resources:\n  Table: {}\nOutputs: {T: {}}\n"}
    assert merged(_folder(tmp_path, **files)) == {
        "Resources": {"Key": {"Fn::GetAtt": ["Other", "Arn"]}, "Table": {}},
        "Outputs": {"T": {}},
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a": "Resources: {Key: {}}", "b": "Resources: {Key: {}}"}, r"b\.yaml: Key is in another file too"),
        ({"a": "Resources:\n  Key: {}\n  Key: {}"}, r"a\.yaml: Key is in this file twice"),
        ({"a": "Resources:\n  Key:\n    - {If: 1, If: 2}"}, r"a\.yaml: If is in this file twice"),
        ({"a": "Resources: ["}, r"a\.yaml is not YAML: .*line 1"),
        ({"a": "- Resources"}, r"a\.yaml is not a mapping"),
        ({"a": "Resources: none"}, r"a\.yaml is not a mapping"),
    ],
)
def test_input_that_would_be_lost_is_refused_in_words(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(BadTemplate, match=words):
        merged(_folder(tmp_path, **files))
