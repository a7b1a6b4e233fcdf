"""The project's own checkov checks: one promise of the project a file.

`make scan` runs them over the source and over a plan of each root, beside checkov's own. What only an apply tells is
left alone: a check answers "unknown" then, and the other of the two scans is the one that sees it.
"""
