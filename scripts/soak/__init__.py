"""`make soak`: load at a steady rate, faults by a schedule, and books that must balance afterwards."""
