import { EXIT } from './exit.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C under npm arrives twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 500;
const PARENT_CHECK_MS = 500;

/** Aborts when the process is asked to stop. Asked once more, it ends at once. */
export function onStopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstAt: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      const now = performance.now();
      if (firstAt !== undefined && now - firstAt > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      firstAt ??= now;
      stop.abort();
    });
  }
  if (process.env['npm_lifecycle_event'] !== undefined) onOrphaned(() => stop.abort());
  return stop.signal;
}

/** Under npm a shell stands between: where it is ended without passing the signal on, this process has a new parent. */
function onOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, PARENT_CHECK_MS);
  watch.unref();
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves after `ms`, or as soon as the signal aborts. Keeps the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
