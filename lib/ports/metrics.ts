/**
 * Everything that the engine measures, in one table: what `/metrics` says in its HELP lines, what the lines for
 * CloudWatch say of units, and what docs/observability.md shows. Names are Prometheus'; units are the base units.
 */
export const METRICS = {
  knhk_executions_started_total: counter('Executions started, children and redrives included.', ['workflow']),
  knhk_executions_closed_total: counter('Executions closed, by how they ended.', ['status'], ['workflow']),
  knhk_execution_seconds: histogram('From the start of an execution to its end.', ['status'], ['workflow']),
  knhk_steps_total: counter('States that were left.', [], ['workflow']),
  knhk_step_seconds: histogram('From entering a state to leaving it.', [], ['workflow']),
  knhk_retries_total: counter('Tasks that failed and are to be tried again.', [], ['workflow']),
  knhk_escalations_total: counter(
    'Work items that nobody had taken in time, and that went to others.',
    [],
    ['workflow'],
  ),
  knhk_task_seconds: histogram('Calls of tasks, from the call to the answer.', ['resource', 'outcome']),
  knhk_turns_total: counter('Turns of executions, by how they ended.', ['end']),
  knhk_commits_total: counter('Commits to the log that were written, or refused because another process was first.', [
    'outcome',
  ]),
  knhk_commit_seconds: histogram('Writes of a commit, until it was durable.', []),
  knhk_permits_total: counter('Permits of resource pools that were granted.', [], ['pool']),
  knhk_permit_wait_seconds: histogram('From asking for a permit of a resource pool to getting it.', [], ['pool']),
  knhk_queue_age_seconds: histogram('How long a message was visible in the work queue before its turn began.', []),
  knhk_projection_lag_seconds: histogram(
    'From a write to the log until the lists of executions showed it: the oldest change of each batch of the stream.',
    [],
  ),
  knhk_queue_messages: gauge('Messages in the work queue of this process.', ['state']),
  knhk_dead_letters: gauge('Executions that were given up, as far as this process knows.', []),
  knhk_breaker_transitions_total: counter(
    'Transitions of circuit breakers, by the state that they led to, where they were brought about.',
    ['to'],
    ['target'],
  ),
  knhk_breaker_open: gauge('1 while the circuit breaker of the target is open or half open, else 0.', [], ['target']),
  knhk_rate_limited_total: counter('Requests that rate limits refused, and calls of tasks that they held back.', [
    'kind',
  ]),
  knhk_store_units_total: counter('Capacity units that DynamoDB reported.', ['table', 'kind']),
  knhk_requests_total: counter('Requests to services of AWS, further attempts not counted.', ['service']),
  knhk_call_retries_total: counter('Attempts of such requests that failed and might be repeated, by what followed.', [
    'service',
    'outcome',
  ]),
} as const satisfies Readonly<Record<string, Metric>>;

type Table = typeof METRICS;
export type MetricName = keyof Table;
type OfKind<K> = { [N in MetricName]: Table[N]['kind'] extends K ? N : never }[MetricName];
export type CounterName = OfKind<'counter'>;
export type HistogramName = OfKind<'histogram'>;
export type GaugeName = OfKind<'gauge'>;
/** All labels of a metric, each with its value. */
export type LabelsOf<N extends MetricName> = Readonly<
  Record<Table[N]['labels'][number] | Table[N]['fine'][number], string>
>;

export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: 'count' | 'seconds';
  readonly means: string;
  /** Of few values each. */
  readonly labels: readonly string[];
  /** Labels of values that users name: CloudWatch charges for each combination, so that they are left out there, and the gauges added up. */
  readonly fine: readonly string[];
}

function counter<const L extends readonly string[], const F extends readonly string[] = []>(
  means: string,
  labels: L,
  fine?: F,
) {
  return { kind: 'counter', unit: 'count', means, labels, fine: fine ?? [] } as const satisfies Metric;
}

function gauge<const L extends readonly string[], const F extends readonly string[] = []>(
  means: string,
  labels: L,
  fine?: F,
) {
  return { kind: 'gauge', unit: 'count', means, labels, fine: fine ?? [] } as const satisfies Metric;
}

function histogram<const L extends readonly string[], const F extends readonly string[] = []>(
  means: string,
  labels: L,
  fine?: F,
) {
  return { kind: 'histogram', unit: 'seconds', means, labels, fine: fine ?? [] } as const satisfies Metric;
}

/** Where figures go. Nothing here waits or fails. */
export interface Meter {
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** @param seconds at least 0. */
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, seconds: number): void;
  /** Asked for whenever the figures are read. */
  gauge<N extends GaugeName>(name: N, labels: LabelsOf<N>, read: () => number): void;
}
