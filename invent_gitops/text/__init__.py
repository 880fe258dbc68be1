"""Words, times, names and commands, as every room prints them."""
