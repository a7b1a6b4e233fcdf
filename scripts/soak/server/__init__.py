"""What runs in the emulator's own interpreter: MiniStack, with faults between the functions and its services."""
