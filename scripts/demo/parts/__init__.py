"""What not every system has: one file for each kind of part, with how it is read and what has to hold in it."""
