"""Run LocalStack; its own interpreter does: python -P -m scripts.localstack.adapter."""

from __future__ import annotations

import os
import sys
import traceback

from localstack.runtime.main import main

status = 1
try:
    main()
except SystemExit as end:
    status = int(end.code or 0)
except Exception:  # noqa: BLE001 - whatever it is, it ends here
    traceback.print_exc()
finally:
    sys.stdout.flush()
    sys.stderr.flush()
    # LocalStack has ended its services; its threads that retry for ever, and a last look for garbage, have no say.
    os._exit(status)
