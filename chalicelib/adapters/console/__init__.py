"""What only the console functions need: their events and answers, and the stores behind them."""
