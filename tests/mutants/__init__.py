"""The mutation bench: every definition, changed in one place as a person might get it wrong, and what `sendflow check` says of it.

`python -m tests.mutants` (or `make mutants`) judges every mutant and writes docs/mutants.md; `tests/mutants/test_sample.py` judges a fixed sample.
"""
