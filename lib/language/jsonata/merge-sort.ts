import type { Run } from './run.ts';

/** A stable merge sort. `swap(a, b)` tells whether `a`, which comes first, belongs behind `b`. */
export function mergeSort<T extends object>(items: readonly T[], run: Run, swap: (a: T, b: T) => boolean): T[] {
  let from = [...items];
  for (let width = 1; width < from.length; width *= 2) {
    const to: T[] = [];
    for (let start = 0; start < from.length; start += 2 * width) {
      merge(from.slice(start, start + width), from.slice(start + width, start + 2 * width), to, run, swap);
    }
    from = to;
  }
  return from;
}

function merge<T extends object>(
  left: readonly T[],
  right: readonly T[],
  to: T[],
  run: Run,
  swap: (a: T, b: T) => boolean,
): void {
  let l = 0;
  let r = 0;
  for (;;) {
    run.step(2);
    const first = left[l];
    const second = right[r];
    if (first === undefined || second === undefined) break;
    if (swap(first, second)) {
      to.push(second);
      r++;
    } else {
      to.push(first);
      l++;
    }
  }
  for (const item of left.slice(l)) to.push(item);
  for (const item of right.slice(r)) to.push(item);
}
