"""However "system" is dressed up, it is recognised."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.system_ids import is_system, looks_like_system

FULL_WIDTH = 0xFEE0  # from an ASCII character to the same in full width
BETWEEN = st.text(st.characters(categories=["Mn", "Cf", "Zs", "Pd", "Pc", "Po", "Sk", "Cc"]), max_size=3)
FORMS = st.sampled_from(["{0}", "{1}", "{2}", "{3}", "{0}\u0301", "{1}\u0327"])


@st.composite
def disguised(draw: st.DrawFn) -> str:
    letters = []
    for letter in "system":
        forms = (letter, letter.upper(), chr(ord(letter) + FULL_WIDTH), chr(ord(letter.upper()) + FULL_WIDTH))
        letters.append(draw(BETWEEN) + draw(FORMS).format(*forms))
    return "".join(letters)


@given(disguised(), st.characters(categories=["P", "S", "Z"]), st.text(max_size=9))
def test_the_word_in_any_form_with_anything_between_its_letters_looks_like_a_system(
    word: str, separator: str, name: str
) -> None:
    assert looks_like_system(word)
    if separator.isascii():
        assert looks_like_system(word + separator + name)


@given(st.text(max_size=20))
def test_every_systems_id_looks_like_one(name: str) -> None:
    assert is_system(f"system:{name}")
    assert looks_like_system(f"system:{name}")


@given(st.from_regex(r"[a-z]{1,3}-[0-9]{1,5}", fullmatch=True))
def test_an_ordinary_id_is_never_taken_for_a_systems(id: str) -> None:
    assert not looks_like_system(id)
