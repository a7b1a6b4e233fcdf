"""What LocalStack lacks to run without a Docker engine: plugins that its own interpreter loads (see host.py)."""

FUNCTION_PYTHON = "ADAPTER_FUNCTION_PYTHON"
"""The variable that names the interpreter of the functions; it has `awslambdaric` and boto3."""
