"""What runs in the emulator's own interpreter: MiniStack, with every call of the functions written down."""

CALLS = "COST_CALLS"
"""Names the file for the calls, in the environment."""
FUNCTION = "AWS_Lambda_measured"
"""What the functions' SDK calls its surroundings in each request: it tells their calls from all others."""
