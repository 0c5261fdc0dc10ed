"""A course for nbgrader whose grades can be trusted.

nbgrader makes, releases and collects assignments, and keeps the gradebook. What it does with answers is done
here instead: each notebook is looked at before anything runs, runs in a sandbox of its own, and hands over
data that is judged outside, on numbers drawn after it was handed in.
"""
