"""The logger and the metrics of Powertools, without a library that they import for one decorator.

On Python 3.13 that decorator is Python's own, while `typing_extensions` costs 29 of a cold start's milliseconds: it
is large, and compiled at each. So it is not there while Powertools is imported, and a stand-in is.
"""

from __future__ import annotations

import sys
import warnings
from types import ModuleType

_NAME = "typing_extensions"


def _stand_in() -> ModuleType:
    """Return a module that has what Powertools asks of `typing_extensions` at run time, and nothing else."""
    module = ModuleType(_NAME)
    module.deprecated = warnings.deprecated  # type: ignore[attr-defined]
    return module


_STANDS_IN = sys.version_info >= (3, 13) and _NAME not in sys.modules
if _STANDS_IN:
    sys.modules[_NAME] = _stand_in()

from aws_lambda_powertools import Logger, Metrics  # noqa: E402
from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: E402

if _STANDS_IN:
    del sys.modules[_NAME]  # whoever asks from now on gets the library

__all__ = ["Logger", "MetricUnit", "Metrics", "single_metric"]
