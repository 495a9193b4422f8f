/** More would not fit into one look at a pool. */
export const MAX_LIMIT = 1_000;

/**
 * The slots of a pool that may be taken: slot i, if it is free and i + 1 + (number of used slots above i) is at most the
 * limit. In ascending order.
 *
 * With this rule no more than `limit` permits are ever granted, although two processes may take two slots at the same
 * time, each by what it has read before, and although the limit may have been lowered: let h be the highest slot that was
 * taken under the present limit, and s the number of used slots above h when whoever took it looked. Then h + 1 + s ≤ limit.
 * At most h + 1 slots are used up to h, and those above h have not become more since: so at most h + 1 + s in all.
 * Those who hold more than a lowered limit allows keep their permits; nobody gets one before they have become few enough.
 */
export function takeableSlots(limit: number, used: readonly number[]): readonly number[] {
  const taken = new Set(used);
  let above = used.filter((index) => index >= limit).length;
  const free: number[] = [];
  for (let index = limit - 1; index >= 0; index -= 1) {
    if (taken.has(index)) above += 1;
    else if (index + 1 + above <= limit) free.push(index);
  }
  return free.reverse();
}

/** Whether the holder of a used slot may hand it on. */
export function mayHandOver(limit: number, used: readonly number[], index: number): boolean {
  return takeableSlots(
    limit,
    used.filter((other) => other !== index),
  ).includes(index);
}

/** Sorts as the numbers do. */
export function slotKey(index: number): string {
  return String(index).padStart(4, '0');
}
