"""What runs in the emulator's own interpreter: MiniStack, watched, and its services held to IAM as callers are.

MiniStack decides about each request: its signature, the policies of the caller, and those of the queue, topic, bucket,
key or function it is for. What one of its services does for another resource it does not ask about. Here that is asked:

- `decisions`: what a role or a service may do, by MiniStack's own evaluation, and the record of each answer
- `keys`: a request for what is encrypted with a key is also one for the key
- `services`: what mappings, rules, workflows, gateways and functions' runtimes do on somebody's behalf

Nobody is asked about traces, network interfaces, the delivery of a workflow's log, moves to a dead-letter queue, who
may pass a role on (the administrator may), and integrations of workflows that no system here uses.
"""

CALLS = "STRICT_CALLS"
"""Names the file for the record, in the environment."""
PROBE = "probe-"
"""Begins the name of a function by which a test tries what is refused: what it does is nobody's record."""
