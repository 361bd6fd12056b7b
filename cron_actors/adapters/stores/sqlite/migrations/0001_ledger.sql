-- Moments are whole microseconds since the Unix epoch, UTC. Columns that hold JSON say so.

-- A job as its source last described it; rows stay when the job is removed, so that its history keeps its name.
CREATE TABLE job (
    identifier TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    definition TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    cursor_at INTEGER,
    next_due_at INTEGER,
    removed_at INTEGER
) STRICT;

-- Every definition ever in force, by the SHA-256 of its text: a run executes the one it became due under.
CREATE TABLE definition (
    key TEXT PRIMARY KEY NOT NULL,
    text TEXT NOT NULL
) STRICT;

-- One row for each execution owed, or for a stretch of `count` instants that were not run for one reason.
CREATE TABLE run (
    run_id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    key TEXT,
    due_at INTEGER NOT NULL,
    last_due_at INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 1 CHECK (count >= 1),
    cause TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    definition TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    deaths INTEGER NOT NULL DEFAULT 0,
    node TEXT,
    lease_token TEXT,
    lease_until INTEGER, -- always NULL here: on SQLite a lease never expires
    started_at INTEGER,
    finished_at INTEGER,
    duration INTEGER, -- microseconds that the process of the last attempt took
    outcome TEXT,
    exit_code INTEGER,
    error TEXT,
    log TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    exempt INTEGER NOT NULL DEFAULT 0,
    args TEXT, -- JSON
    request_id INTEGER
) STRICT;

-- A due instant becomes one run, however many daemons see it.
CREATE UNIQUE INDEX run_key ON run (job, key) WHERE key IS NOT NULL;
-- The order of a queue; holds the backlog and nothing else, so that a claim costs the same after years.
CREATE INDEX run_available ON run (queue, priority DESC, due_at, run_id) WHERE state = 'available';
-- What is not over: held runs, busy jobs, and their counts.
CREATE INDEX run_open ON run (state, job) WHERE finished_at IS NULL;
-- What is over: its counts, and its age for pruning.
CREATE INDEX run_final ON run (state, count) WHERE finished_at IS NOT NULL;
CREATE INDEX run_finished ON run (finished_at) WHERE finished_at IS NOT NULL;
-- Histories, newest instant first.
CREATE INDEX run_history ON run (last_due_at, run_id);
CREATE INDEX run_job_history ON run (job, last_due_at, run_id);

-- Every try of a run. Two tries may bear one number: the first of them was interrupted and does not count.
CREATE TABLE attempt (
    attempt_id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    counted INTEGER NOT NULL DEFAULT 1,
    lease_token TEXT NOT NULL,
    node TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    pid INTEGER,
    start_time INTEGER, -- clock ticks since boot
    boot_id TEXT,
    outcome TEXT,
    exit_code INTEGER,
    error TEXT,
    output_tail TEXT,
    cpu_seconds REAL,
    peak_memory INTEGER -- bytes
) STRICT;

CREATE INDEX attempt_run ON attempt (run_id, attempt_id);

-- The figures of each job; they outlive the runs they were counted from.
CREATE TABLE statistics (
    job TEXT PRIMARY KEY NOT NULL,
    launches INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    timeouts INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    interrupted INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    skipped TEXT NOT NULL, -- JSON: reason to number
    missed TEXT NOT NULL, -- JSON: reason to number
    last_outcome TEXT,
    last_due_at INTEGER,
    last_started_at INTEGER,
    last_finished_at INTEGER,
    duration TEXT NOT NULL, -- JSON: a distribution of seconds
    lateness TEXT NOT NULL -- JSON: a distribution of seconds
) STRICT;

-- One row for each start of a daemon.
CREATE TABLE node (
    node TEXT PRIMARY KEY NOT NULL,
    pid INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    host TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    stopped_at INTEGER,
    ticks INTEGER NOT NULL,
    trouble TEXT
) STRICT;

-- What other processes ask of the daemon, and its answers.
CREATE TABLE request (
    request_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    requested_by TEXT NOT NULL,
    job TEXT,
    run_id INTEGER,
    force INTEGER NOT NULL DEFAULT 0,
    handled_at INTEGER,
    answer TEXT
) STRICT;

CREATE INDEX request_waiting ON request (request_id) WHERE handled_at IS NULL;
CREATE INDEX request_run ON request (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX request_handled ON request (handled_at) WHERE handled_at IS NOT NULL;
