/** The value below which half, and ninety-nine of a hundred, of the times lie, ms. */
export function percentiles(times: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

/** To three digits that mean something. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
