"""The process book as values: every definition in words, read off the files that run. `cli/book.py` prints it."""
