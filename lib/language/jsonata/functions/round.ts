/**
 * Rounds half to even. The decimal point is shifted in the text of the number, since multiplying by powers of ten is not exact.
 *
 * @param precision number of decimal places; negative ones round to tens, hundreds and so on
 */
export function round(value: number, precision: number): number {
  const shifted = shift(value, precision);
  let result = Math.round(shifted);
  if (Math.abs(result - shifted) === 0.5 && Math.abs(result % 2) === 1) result -= 1;
  result = shift(result, -precision);
  // JSON has no negative zero.
  return Object.is(result, -0) ? 0 : result;
}

function shift(value: number, places: number): number {
  if (places === 0) return value;
  const [digits, exponent] = String(value).split('e');
  return Number(`${digits}e${Number(exponent ?? 0) + places}`);
}
