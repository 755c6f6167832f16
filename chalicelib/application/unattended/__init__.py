"""What runs while nobody is at work: schedules and the tables' streams. One use case per function."""
