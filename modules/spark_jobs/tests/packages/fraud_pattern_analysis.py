"""Stands for the script of a job: the tests look at its name and its hash."""
