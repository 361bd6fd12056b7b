"""Sources of jobs: files of JSON or YAML, and mappings in memory.

``several`` is the way in to files, ``places`` says which they are, ``watch`` notices that they change, and ``loading``
reads one of them or a mapping. ``file_text`` reads bytes safely, ``json_text`` and ``yaml_text`` make documents with
places of them, ``checking`` makes jobs of a document, ``problem_lines`` is how faults leave.
"""

from __future__ import annotations

from cron_actors.adapters.sources.loaded_jobs import LoadedJobs
from cron_actors.adapters.sources.loading import MEMORY, load_file, load_mapping
from cron_actors.adapters.sources.places import JobsFiles, jobs_files, paths_in, source_of
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.adapters.sources.schema_file import schema, schema_text
from cron_actors.adapters.sources.several import Manner, empty_lines, load_files, read_files
from cron_actors.adapters.sources.watch import FileWatch

__all__ = [
    "MEMORY",
    "FaultyJobsError",
    "FileWatch",
    "JobsFiles",
    "LoadedJobs",
    "Manner",
    "ProblemLine",
    "empty_lines",
    "jobs_files",
    "load_file",
    "load_files",
    "load_mapping",
    "paths_in",
    "read_files",
    "schema",
    "schema_text",
    "source_of",
]
