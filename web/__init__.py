"""The console: pages for staff, and signed links for people without an account."""
