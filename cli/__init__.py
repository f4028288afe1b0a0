"""The `sendflow` command."""
