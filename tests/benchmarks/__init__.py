"""Measurements of speed and size: `python -m tests.benchmarks`. They report; the tests assert."""
