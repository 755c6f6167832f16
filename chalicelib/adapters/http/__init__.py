"""The HTTP side of the API: reads requests and tokens, writes answers and problem documents."""
