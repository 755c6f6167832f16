"""One use case per file. Each takes a caller and typed input and returns domain values."""
