export { SystemClock } from './system-clock.ts';
export { SystemIds } from './system-ids.ts';
