"""LocalStack, the second and independent local AWS: an endpoint of yours, a container, or processes of this machine."""

VERSION = "4.14.0"
"""The last version that starts without a licence token."""

API_PATH = "/_aws/execute-api/{api}/{stage}"
"""See `Emulator.api_path`."""
