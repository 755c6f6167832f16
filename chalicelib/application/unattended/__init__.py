"""The unattended functions, started by schedules and by the tables' streams. One use case for each function."""
