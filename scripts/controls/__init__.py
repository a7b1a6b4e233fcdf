"""docs/controls.md: which control each check stands for, where it holds, and what shows it or why it is skipped."""
