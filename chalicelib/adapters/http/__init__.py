"""The HTTP side of the API. Reads requests and tokens, writes answers and problem documents."""
