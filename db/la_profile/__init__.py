"""Profiles of local authorities: read from a file, loaded, used for whom to write to and when, and handed on."""
