"""What operators do through the AWS console: one use case per function."""
