"""What a field may hold, whether it is sent or was entered by hand: its length, its characters, its range."""

from typing import Annotated

from msgspec import Meta

# No control characters, and none that turn the direction of text: a name must read as what it is, and be seen.
_UNPRINTABLE = "\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069"
_UNSEEN = "\\s\\u00ad\\u115f\\u1160\\u180e\\u200b-\\u200d\\u2060-\\u2065\\u2800\\u3164\\ufeff\\uffa0"
_PRINTABLE = rf"^(?=.*[^{_UNSEEN}])[^{_UNPRINTABLE}]+(?![\s\S])"
_PHONE = r"^[+(]?[0-9][0-9 ()./-]{2,29}( ?(x|ext\.?) ?[0-9]{1,8})?(?![\s\S])"
_EMAIL = rf"^[^@\s{_UNPRINTABLE}]+@[^@\s{_UNPRINTABLE}]+(?![\s\S])"

Text = Annotated[str, Meta(max_length=200, pattern=_PRINTABLE)]
LongText = Annotated[str, Meta(max_length=1000, pattern=_PRINTABLE)]
Phone = Annotated[str, Meta(max_length=50, pattern=_PHONE, examples=["020 7946 0018"])]
Email = Annotated[str, Meta(max_length=254, pattern=_EMAIL, examples=["duty@authority.example"])]
Ten = Annotated[str, Meta(description="NHS number: ten digits, no spaces", examples=["9990000042"])]
Reference = Annotated[str, Meta(description="1 to 64 of A-Z a-z 0-9 . _ -, never holding an NHS number")]
AuthorityCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{3,9}(?![\s\S])", description="ONS GSS or ODS code")]
Sector = Annotated[str, Meta(pattern=r"^[a-z][a-z_]{1,39}(?![\s\S])", examples=["local_authority", "health", "police"])]
EveryDays = Annotated[int, Meta(ge=1, le=365)]
LookupId = Annotated[str, Meta(pattern=r"^0[0-9A-HJKMNP-TV-Z]{25}(?![\s\S])", description="ULID")]
