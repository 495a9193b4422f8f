import { expect } from 'vitest';
import * as z from 'zod';

/** What the specification of the embedded metric format asks of a line. */
const embedded = z
  .object({
    _aws: z.object({
      Timestamp: z.int(),
      CloudWatchMetrics: z
        .array(
          z.object({
            Namespace: z.string().min(1).max(1_024),
            Dimensions: z.array(z.array(z.string().max(250)).max(30)).min(1),
            Metrics: z
              .array(z.object({ Name: z.string().min(1).max(1_024), Unit: z.enum(['Count', 'Seconds']) }))
              .max(100),
          }),
        )
        .length(1),
    }),
  })
  .catchall(z.unknown());
const target = z.union([z.number(), z.array(z.number()).min(1).max(100)]);

/** Dimensions and values of a line, which must be well-formed. */
export function checkEmbedded(line: string): {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<string, readonly number[]>;
} {
  expect(line.indexOf('\n')).toBe(line.length - 1);
  const { _aws, ...fields } = embedded.parse(JSON.parse(line));
  const [directive] = _aws.CloudWatchMetrics;
  const dimensions = Object.fromEntries(
    (directive?.Dimensions[0] ?? []).map((name) => [name, z.string().min(1).parse(fields[name])]),
  );
  const values = new Map((directive?.Metrics ?? []).map(({ Name }) => [Name, [target.parse(fields[Name])].flat()]));
  return { dimensions, values };
}
