/** Number of the schema below, kept in `user_version`. A change appends to `migrations`; what is there never changes. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    name TEXT,
    workflow TEXT,
    status TEXT,
    started_at INTEGER,
    closed_at INTEGER,
    commit_number INTEGER,
    expires_at INTEGER
  ) STRICT;
  CREATE INDEX executions_by_start ON executions (started_at) WHERE status IS NOT NULL;
  CREATE INDEX executions_by_status ON executions (status, started_at) WHERE status IS NOT NULL;
  CREATE INDEX executions_by_workflow ON executions (workflow, started_at) WHERE status IS NOT NULL;
  CREATE INDEX executions_by_workflow_and_status ON executions (workflow, status, started_at) WHERE status IS NOT NULL;
  CREATE INDEX executions_by_expiry ON executions (expires_at) WHERE expires_at IS NOT NULL;

  -- Rows go in by arrival, whatever their execution: a group of commits fills a few pages, not one page each.
  CREATE TABLE commits (
    position INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    snapshot_number INTEGER,
    snapshot TEXT,
    listed TEXT,
    expires_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX commits_by_number ON commits (execution, number);

  CREATE TABLE facts (
    position INTEGER PRIMARY KEY,
    execution TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (execution, id)
  ) STRICT;

  CREATE TABLE records (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (collection, key)
  ) STRICT;

  CREATE TABLE blobs (
    key TEXT PRIMARY KEY NOT NULL,
    content TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE executions ADD COLUMN version INTEGER;
  ALTER TABLE executions ADD COLUMN alias TEXT;
  CREATE INDEX executions_by_version ON executions (workflow, version, started_at) WHERE version IS NOT NULL;
  CREATE INDEX executions_by_version_and_status ON executions (workflow, version, status, started_at)
    WHERE version IS NOT NULL;
  CREATE INDEX executions_by_alias ON executions (workflow, alias, started_at) WHERE alias IS NOT NULL;
  CREATE INDEX executions_by_alias_and_status ON executions (workflow, alias, status, started_at)
    WHERE alias IS NOT NULL;
  `,
  `
  ALTER TABLE executions ADD COLUMN redrive_count INTEGER;
  ALTER TABLE executions ADD COLUMN redriven_at INTEGER;
  ALTER TABLE executions ADD COLUMN map_run TEXT;
  ALTER TABLE executions ADD COLUMN item_count INTEGER;
  CREATE INDEX executions_by_map_run ON executions (map_run, started_at) WHERE map_run IS NOT NULL;
  CREATE INDEX executions_by_map_run_and_status ON executions (map_run, status, started_at) WHERE map_run IS NOT NULL;
  `,
  `
  ALTER TABLE executions ADD COLUMN search TEXT;
  ALTER TABLE executions ADD COLUMN suspended_at INTEGER;

  -- One row for each field by which an execution is found.
  CREATE TABLE labels (
    label TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    execution INTEGER NOT NULL,
    PRIMARY KEY (label, started_at, execution)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX labels_by_execution ON labels (execution);
  `,
];

export const SCHEMA_VERSION = migrations.length;
