"""The rules about children, involvements and disclosure. No AWS, no HTTP and no clock: every function is pure."""
