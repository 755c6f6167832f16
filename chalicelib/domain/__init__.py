"""What is true about children, involvements and disclosure. No AWS, no HTTP, no clock."""
