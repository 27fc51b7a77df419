"""Starts Dialogi's server: `python run.py`. The environment configures it (README, Settings)."""

# The standard library is made cooperative before anything else can import it.
import os
import warnings

from dialogi import concurrency

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
concurrency.patch(os.environ.get("DIALOGI_ASYNC_MODE", "eventlet"))

import sys

from dialogi import serving

if __name__ == "__main__":
    sys.exit(serving.main(os.environ))
