"""What only the unattended functions need: streams, schedules, and the index of entries that are due."""
