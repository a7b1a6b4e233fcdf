"""The daily compliance report: what was accepted, what the table holds of it, what the lake holds, and who looked."""
