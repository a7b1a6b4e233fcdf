"""Count what a transaction makes a system do: a demonstration on the embedded emulator, every call written down."""
