/** `0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 12 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(Math.floor(seconds % 60))} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** Local time to the second, as `2026-03-14 09:26:53`. */
export function moment(time: number): string {
  const at = new Date(time);
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(':')}`;
}

function pad(part: number): string {
  return String(part).padStart(2, '0');
}

/** Rows as cells padded to the width of their column. */
export function columns(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
}

/** What a person wants to read of a cause: the message of a function's error, which is JSON, in one line. */
export function shortCause(cause: string): string {
  return firstLine(messageIn(cause) ?? cause);
}

function messageIn(cause: string): string | undefined {
  try {
    const { errorMessage } = JSON.parse(cause);
    return typeof errorMessage === 'string' ? errorMessage : undefined;
  } catch {
    return undefined;
  }
}

const MAX_CAUSE = 1_000;

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > MAX_CAUSE ? `${line.slice(0, MAX_CAUSE)}…` : line;
}
