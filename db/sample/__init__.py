"""The sample trust: wholly synthetic people, generated from a seed, with dates around a given day."""
