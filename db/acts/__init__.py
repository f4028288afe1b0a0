"""The business acts behind `db/ledger.py`: how each becomes one event and one transaction."""
