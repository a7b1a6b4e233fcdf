"""The cost model: what a system costs a month, from its plan, what was measured of it, and dated prices."""
