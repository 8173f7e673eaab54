docker unpause clock
