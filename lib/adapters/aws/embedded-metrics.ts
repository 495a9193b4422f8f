import { type LabelsOf, METRICS, type Meter, type MetricName } from '../../ports/metrics.ts';

/** What CloudWatch reads of one line: metrics in it, and values of one metric. */
const MAX_METRICS = 100;
const MAX_VALUES = 100;
const UNITS = { count: 'Count', seconds: 'Seconds' } as const;

export interface EmbeddedMetricsOptions {
  /** Dimensions of every metric, in this order. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Takes a line with its end; standard output itself, since Lambda's `console` may wrap what it prints. */
  readonly write: (line: string) => void;
}

interface Figures {
  readonly labels: Readonly<Record<string, string>>;
  /** Of counters one number, of histograms every value. */
  readonly values: Map<MetricName, number[]>;
}

/**
 * Figures in CloudWatch's embedded metric format: lines of the function's log, from which CloudWatch makes metrics of
 * the namespace `KNHK`, with no call to it. Labels that users name are left out, since each combination is charged.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class EmbeddedMetrics implements Meter {
  readonly #options: EmbeddedMetricsOptions;
  readonly #gauges: {
    readonly name: MetricName;
    readonly labels: Readonly<Record<string, string>>;
    readonly read: () => number;
  }[] = [];
  #figures = new Map<string, Figures>();

  constructor(options: EmbeddedMetricsOptions) {
    this.#options = options;
  }

  count<N extends MetricName>(name: N, labels: LabelsOf<N>, by = 1): void {
    const values = this.#valuesOf(name, labels);
    values[0] = (values[0] ?? 0) + by;
  }

  observe<N extends MetricName>(name: N, labels: LabelsOf<N>, seconds: number): void {
    this.#valuesOf(name, labels).push(seconds);
  }

  gauge<N extends MetricName>(name: N, labels: LabelsOf<N>, read: () => number): void {
    this.#gauges.push({ name, labels, read });
  }

  /** Writes what has been measured since the last time; at the end of every invocation. */
  flush(): void {
    for (const { name, labels, read } of this.#gauges) {
      const values = this.#valuesOf(name, labels);
      values[0] = (values[0] ?? 0) + read();
    }
    const all = [...this.#figures.values()];
    this.#figures = new Map();
    for (const figures of all) this.#writeLines(figures);
  }

  #valuesOf(name: MetricName, all: Readonly<Record<string, string>>): number[] {
    const labels = Object.fromEntries(METRICS[name].labels.map((label) => [label, all[label] ?? '']));
    const key = JSON.stringify(labels);
    const figures = this.#figures.get(key) ?? { labels, values: new Map<MetricName, number[]>() };
    this.#figures.set(key, figures);
    const values = figures.values.get(name) ?? [];
    figures.values.set(name, values);
    return values;
  }

  #writeLines({ labels, values }: Figures): void {
    for (let left = [...values]; left.length > 0; ) {
      const now = left.slice(0, MAX_METRICS);
      this.#writeLine(
        labels,
        now.map(([name, all]) => [name, all.slice(0, MAX_VALUES)]),
      );
      const more = now.flatMap(([name, all]): [MetricName, number[]][] =>
        all.length > MAX_VALUES ? [[name, all.slice(MAX_VALUES)]] : [],
      );
      left = [...more, ...left.slice(MAX_METRICS)];
    }
  }

  #writeLine(labels: Readonly<Record<string, string>>, values: readonly [MetricName, number[]][]): void {
    const dimensions = { ...this.#options.dimensions, ...labels };
    const metrics = values.map(([Name]) => ({ Name, Unit: UNITS[METRICS[Name].unit] }));
    const directive = { Namespace: 'KNHK', Dimensions: [Object.keys(dimensions)], Metrics: metrics };
    const line = {
      _aws: { Timestamp: this.#options.now(), CloudWatchMetrics: [directive] },
      ...dimensions,
      ...Object.fromEntries(values.map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
    };
    this.#options.write(`${JSON.stringify(line)}\n`);
  }
}
