export { FolderLogDelivery } from './folder-log-delivery.ts';
export { FolderObjectStore } from './folder-object-store.ts';
export { KeyFile } from './key-file.ts';
export { PrometheusMetrics } from './prometheus-metrics.ts';
export { SigningKeyFile } from './signing-key-file.ts';
export { SystemClock } from './system-clock.ts';
export { SystemIds } from './system-ids.ts';
