"""What the tests share: a stage on ministack, a clock to set, and callers who sign their own tokens."""
