"""Searches for input that the program does not stand: valid documents made from the schemas, and then spoiled."""
