"""Where documents live: volumes that shadow each other, git behind them, trust before them."""
