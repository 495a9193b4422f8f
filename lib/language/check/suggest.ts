import type { Site } from './site.ts';

/** The name that was probably meant: the nearest candidate, if it is near enough. Candidates that differ in case alone come first. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const limit = Math.min(3, Math.floor(name.length / 3) + (name.length < 3 ? 0 : 1));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue;
    const distance = candidate.toLowerCase() === wanted ? 0 : editDistance(wanted, candidate.toLowerCase());
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** `Did you mean 'X'?`, where some candidate is near enough. Only the first findings get such a hint. */
export function suggestion(site: Site, name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_NAME || site.check.findings.length >= MAX_HINTS) return undefined;
  const meant = closest(name, candidates);
  return meant === undefined ? undefined : `Did you mean '${meant}'?`;
}

/** Comparing takes time in proportion to the product of the lengths, and a definition may have thousands of names. */
const MAX_NAME = 40;
const MAX_HINTS = 20;

/** Optimal string alignment: insertions, deletions, replacements, and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      current.push(least);
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
