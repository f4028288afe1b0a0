"""The law as pure Python: statutory time, definitions, positions. No clock, no SQL, no Prefect."""
