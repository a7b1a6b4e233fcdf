"""`make iam-report`: what each system's policies grant, and which tests used it."""
