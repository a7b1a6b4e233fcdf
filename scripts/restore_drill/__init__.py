"""`make restore-drill`: lose a table's content, bring it back, replay what came after, and say what that took."""
