"""Sources of jobs: files of JSON or YAML, and mappings in memory.

``loading`` is the way in. ``file_text`` reads bytes safely, ``json_text`` and ``yaml_text`` make documents with places
of them, ``checking`` makes jobs of a document, ``problem_lines`` is how faults leave.
"""

from __future__ import annotations

from cron_actors.adapters.sources.loading import MEMORY, LoadedJobs, load_file, load_mapping
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.adapters.sources.schema_file import schema, schema_text

__all__ = [
    "MEMORY",
    "FaultyJobsError",
    "LoadedJobs",
    "ProblemLine",
    "load_file",
    "load_mapping",
    "schema",
    "schema_text",
]
