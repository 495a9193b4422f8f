/** Text that does not compress: hex of a linear congruential generator (Knuth's MMIX), always the same. */
export function noise(length: number, seed = 1): string {
  let text = '';
  let state = BigInt(seed);
  while (text.length < length) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    text += (state >> 16n).toString(36);
  }
  return text.slice(0, length);
}
