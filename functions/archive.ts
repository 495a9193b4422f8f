import type { AwsClients } from '../lib/adapters/aws/clients.ts';
import { S3ArchiveStore } from '../lib/adapters/aws/s3-archive-store.ts';
import { Archive, type ArchiveParts } from '../lib/execution/archive/archive.ts';
import { ArchiveRecords } from '../lib/execution/archive/archive-records.ts';
import { LedgerArchive } from '../lib/execution/archive/ledger-archive.ts';
import { OwedArchives, type OwedArchivesParts } from '../lib/execution/archive/owed-archives.ts';
import type { Ledger } from '../lib/provenance/ledger.ts';
import type { Environment } from './environment.ts';

type Parts = Pick<ArchiveParts, 'states' | 'ids'> &
  Omit<OwedArchivesParts, 'archive'> & {
    readonly clients: Pick<AwsClients, 's3'>;
    readonly ledger: Ledger | undefined;
  };

interface Archiving {
  readonly archive?: Archive;
  readonly owedArchives?: OwedArchives;
  /** Absent also where there is no ledger. */
  readonly ledgerArchive?: LedgerArchive;
  /** Also where nothing is archived any more: keys of what was are kept, and can be destroyed. */
  readonly archiveRecords: ArchiveRecords;
}

export function openArchive({ archiveBucket: bucket, archiveHolds }: Environment, parts: Parts): Archiving {
  const { clients, states, ledger, store, clock, ids, telemetry } = parts;
  const archiveRecords = new ArchiveRecords({ store, clock, ids });
  if (bucket === undefined) return { archiveRecords };
  const objects = new S3ArchiveStore({ client: () => clients.s3(), bucket });
  const archive = new Archive({ states, records: archiveRecords, store: objects, ids, takesHolds: archiveHolds });
  return {
    archiveRecords,
    archive,
    owedArchives: new OwedArchives({ archive, store, clock, telemetry }),
    ...(ledger === undefined ? {} : { ledgerArchive: new LedgerArchive({ ledger, objects, store }) }),
  };
}
