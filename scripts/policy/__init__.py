"""The operator's tool for the policy document: check, show, change, roll back, replay."""
