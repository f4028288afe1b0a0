"""What is said to whom: templates, composing, and the one place that sends."""
