export { FolderLogDelivery } from './folder-log-delivery.ts';
export { FolderObjectStore } from './folder-object-store.ts';
export { SystemClock } from './system-clock.ts';
export { SystemIds } from './system-ids.ts';
