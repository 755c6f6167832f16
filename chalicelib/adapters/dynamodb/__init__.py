"""The DynamoDB tables: their schema, and a store for each kind of item that the API and console functions share."""
