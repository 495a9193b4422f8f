import type { Archive, ArchivedLog } from '../../execution/archive/archive.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { executionErased, executionNotFound, isOurs } from './executions.ts';

export interface ArchiveView {
  /** Under legal hold since then, ms since the epoch. */
  readonly heldSince?: number;
  /** The key was destroyed then: nobody reads payloads in the archive any more. ms since the epoch. */
  readonly keyDestroyedAt?: number;
  /** In order of time. */
  readonly logs: readonly ArchivedLog[];
}

/** What is archived of an execution. @throws ApiError `notSupported`, `executionNotFound` */
export async function describeArchive(services: Services, execution: string): Promise<ArchiveView> {
  const archive = archiveOf(services);
  if (!isOurs(services.place, execution)) throw executionNotFound(execution);
  const [record, logs] = await Promise.all([services.archiveRecords?.find(execution), archive.list(execution)]);
  if (record === undefined && logs.length === 0) await checkExists(services, execution);
  const { heldSince, destroyedAt } = record ?? {};
  return {
    ...(heldSince === undefined ? {} : { heldSince }),
    ...(destroyedAt === undefined ? {} : { keyDestroyedAt: destroyedAt }),
    logs,
  };
}

/**
 * What opens the payloads in the archive of an execution, in base64url. It needs no archive of this deployment: keys stay.
 * @throws ApiError `notSupported`, `executionNotFound`, `executionErased`, `archiveNotFound`
 */
export async function findArchiveKey(services: Services, execution: string): Promise<string> {
  if (services.archiveRecords === undefined) throw noArchive();
  const ours = isOurs(services.place, execution);
  const { key, destroyedAt } = (ours ? await services.archiveRecords.find(execution) : undefined) ?? {};
  if (key !== undefined) return key;
  if (destroyedAt !== undefined) throw executionErased(execution);
  await checkExists(services, execution);
  throw new ApiError('archiveNotFound', execution, 'Ask again when it has closed and is archived: it is not yet.');
}

/**
 * Puts the archive of an execution under legal hold: it is not deleted, even after its time, and its payloads are not
 * erased, until that is lifted. Also before it has closed.
 * @throws ApiError `notSupported`, `executionNotFound`
 */
export async function setLegalHold(services: Services, execution: string, isHeld: boolean): Promise<void> {
  const archive = archiveOf(services);
  if (!archive.takesHolds) {
    throw new ApiError('notSupported', 'archive', 'Deploy the engine with archive.legalHold: its archive takes none.');
  }
  const ours = isOurs(services.place, execution);
  if (!ours || (await services.archiveRecords?.find(execution)) === undefined) await checkExists(services, execution);
  await archive.hold(execution, isHeld);
}

/** Destroys the key: payloads in its archive, and in each copy of it, are unreadable for ever. @throws ApiError `executionHeld` */
export async function destroyArchiveKey(services: Services, execution: string): Promise<void> {
  const { archive, archiveRecords } = services;
  if (archiveRecords === undefined) return;
  if (archive === undefined && (await archiveRecords.find(execution)) === undefined) return;
  const { heldSince } = await archiveRecords.destroyKey(execution);
  if (heldSince !== undefined) throw executionHeld(execution);
}

export function executionHeld(execution: string): ApiError {
  return new ApiError('executionHeld', execution, 'Lift its legal hold first: nothing of it is erased until then.');
}

async function checkExists({ place, states }: Services, execution: string): Promise<void> {
  const head = isOurs(place, execution) ? await states.head(execution) : undefined;
  if (head === undefined) throw executionNotFound(execution);
}

function archiveOf({ archive }: Services): Archive {
  if (archive !== undefined) return archive;
  throw noArchive();
}

function noArchive(): ApiError {
  return new ApiError('notSupported', 'archive', 'Ask an engine that archives what has closed: this one does not.');
}
