"""MLflow: one experiment a sweep, one parent run, one child run a cell; nothing else in the project imports mlflow.

What a cell's folder holds is the truth, and the tracker a copy of it. A tracker that is down costs a warning:
the next call sends what is missing, and a cell that is sent again replaces its earlier run.
"""

from ser.tracking.cells import Tracker, send_missing
from ser.tracking.live import CellTracking
from ser.tracking.scores import SweepTables, log_report, read_sweep

__all__ = ["CellTracking", "SweepTables", "Tracker", "log_report", "read_sweep", "send_missing"]
