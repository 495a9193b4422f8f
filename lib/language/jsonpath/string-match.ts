/**
 * Compiles a pattern of `StringMatches`: `*` stands for any run of characters, `\*` for a star and `\\` for a
 * backslash. Each piece between stars is looked for once, from left to right, so a match takes no backtracking.
 */
export function compileStringMatch(pattern: string): (text: string) => boolean {
  const pieces = splitAtStars(pattern);
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, from);
      if (found === -1 || found + piece.length > end) return false;
      from = found + piece.length;
    }
    return true;
  };
}

function splitAtStars(pattern: string): string[] {
  const pieces = [''];
  for (let i = 0; i < pattern.length; i += 1) {
    const c = pattern.charAt(i);
    const following = pattern.charAt(i + 1);
    if (c === '*') {
      pieces.push('');
      continue;
    }
    const escaped = c === '\\' && (following === '*' || following === '\\');
    pieces.push(`${pieces.pop() ?? ''}${escaped ? following : c}`);
    if (escaped) i += 1;
  }
  return pieces;
}
