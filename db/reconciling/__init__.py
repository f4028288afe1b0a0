"""Our dates against an LA's: the file that goes to it, its file read back, and the differences row by row."""
