"""The console functions: one use case for each function that administrators run in the AWS console."""
