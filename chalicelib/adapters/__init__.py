"""What touches the outside: DynamoDB, KMS, tokens, JSON, logs."""
