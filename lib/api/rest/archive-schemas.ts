import * as z from 'zod';

const timestamp = z.iso.datetime();
const archivedLog = z
  .object({
    location: z.string().meta({ description: 'As in s3://bucket/key: JSON Lines, compressed by gzip.' }),
    commits: z.int().min(1).meta({ description: 'How many the log had.' }),
    part: z.int().min(0).optional().meta({ description: 'Which one of a log that needs several objects, from 0.' }),
    bytes: z.int().min(0),
    archivedAt: timestamp,
    retainedUntil: timestamp.optional().meta({ description: 'Nobody deletes it before.' }),
    isHeld: z.boolean().meta({ description: 'Under legal hold: nobody deletes it at all.' }),
  })
  .meta({ id: 'ArchivedLog' });

export const archive = z
  .object({
    heldSince: timestamp.optional().meta({ description: 'Absent: it is under no legal hold.' }),
    keyDestroyedAt: timestamp.optional().meta({ description: 'Payloads in the archive are unreadable since then.' }),
    logs: z.array(archivedLog).meta({ description: 'In order of time, one of each time that it has closed.' }),
  })
  .meta({ id: 'Archive' });

export const archiveKey = z
  .object({ key: z.string().meta({ description: '32 bytes for AES-256-GCM, in base64url.' }) })
  .meta({ id: 'ArchiveKey' });
