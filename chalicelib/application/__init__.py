"""The use cases, one in each file. Each takes a caller and typed input, and returns domain values."""
