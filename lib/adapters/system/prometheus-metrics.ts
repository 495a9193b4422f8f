import { type LabelsOf, METRICS, type Meter, type MetricName } from '../../ports/metrics.ts';

/** Upper bounds of the buckets of all histograms, seconds: from a commit to a day. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600, 86_400];

interface Sum {
  value: number;
}

interface Distribution {
  /** By bound, and one more for what is above the last; not cumulated. */
  readonly buckets: number[];
  sum: number;
}

type Labels = Readonly<Record<string, string>>;

/**
 * Series of one metric. Found by the values of the labels, one after the other, because steps are counted by the ten
 * thousand a second: the text that stands for the labels is made once.
 */
class Series<T> {
  readonly #names: readonly string[];
  readonly #create: () => T;
  readonly #all = new Map<string, Map<string, { readonly text: string; readonly value: T }>>();

  constructor(name: MetricName, create: () => T) {
    const { labels, fine } = METRICS[name];
    this.#names = [...labels, ...fine];
    this.#create = create;
  }

  of(labels: Labels): T {
    const [first = '', second = ''] = this.#names;
    const one = labels[first] ?? '';
    const other = this.#names.length <= 2 ? (labels[second] ?? '') : this.#rest(labels);
    const found = this.#all.get(one)?.get(other);
    if (found !== undefined) return found.value;
    const value = this.#create();
    at(this.#all, one, () => new Map()).set(other, { text: labelText(labels), value });
    return value;
  }

  #rest(labels: Labels): string {
    return JSON.stringify(this.#names.slice(1).map((name) => labels[name]));
  }

  *entries(): Iterable<[string, T]> {
    for (const found of this.#all.values()) for (const { text, value } of found.values()) yield [text, value];
  }
}

/** Figures of this process since it started, in the text format of Prometheus, version 0.0.4. */
export class PrometheusMetrics implements Meter {
  static readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #sums = new Map<string, Series<Sum>>();
  readonly #distributions = new Map<string, Series<Distribution>>();
  readonly #gauges = new Map<string, Map<string, () => number>>();

  count(name: MetricName, labels: Labels, by = 1): void {
    at(this.#sums, name, () => new Series<Sum>(name, () => ({ value: 0 }))).of(labels).value += by;
  }

  observe(name: MetricName, labels: Labels, seconds: number): void {
    const found = at(this.#distributions, name, () => new Series(name, emptyDistribution)).of(labels);
    let index = 0;
    while (index < BOUNDS.length && seconds > (BOUNDS[index] ?? 0)) index += 1;
    found.buckets[index] = (found.buckets[index] ?? 0) + 1;
    found.sum += seconds;
  }

  gauge<N extends MetricName>(name: N, labels: LabelsOf<N>, read: () => number): void {
    at(this.#gauges, name, () => new Map<string, () => number>()).set(labelText(labels), read);
  }

  /** What a scrape gets. Metrics that nothing has been measured for are left out. */
  text(): string {
    return Object.entries(METRICS)
      .map(([name, { kind, means }]) => {
        const lines = this.#linesOf(name);
        return lines.length === 0 ? '' : [`# HELP ${name} ${means}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n');
      })
      .join('');
  }

  #linesOf(name: string): readonly string[] {
    const sums = [...(this.#sums.get(name)?.entries() ?? [])].map(([labels, { value }]) => line(name, labels, value));
    const gauges = [...(this.#gauges.get(name)?.entries() ?? [])].map(([labels, read]) => line(name, labels, read()));
    const distributions = [...(this.#distributions.get(name)?.entries() ?? [])].flatMap(([labels, found]) =>
      distributionLines(name, labels, found),
    );
    return [...sums, ...gauges, ...distributions];
  }
}

/** The value of the key, made where it is missing. */
function at<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}

function emptyDistribution(): Distribution {
  return { buckets: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
}

function distributionLines(name: string, labels: string, { buckets, sum }: Distribution): readonly string[] {
  let count = 0;
  const lines = buckets.map((inBucket, index) => {
    count += inBucket;
    const le = `le="${BOUNDS[index] ?? '+Inf'}"`;
    return line(`${name}_bucket`, labels === '' ? le : `${labels},${le}`, count);
  });
  return [...lines, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${value}`;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escaped(labels[name] ?? '')}"`;
  return text;
}

/** Only what the format gives a meaning. */
function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
