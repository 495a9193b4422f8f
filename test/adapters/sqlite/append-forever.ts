import { openSqlite } from '../../../lib/adapters/sqlite/index.ts';

// Appends to eight executions until it is killed, and prints each commit once it has been acknowledged.
const [dataDir = ''] = process.argv.slice(2);
const { events } = await openSqlite(dataDir);

async function appendTo(execution: string): Promise<void> {
  for (let number = 0; ; number += 1) {
    await events.append({ execution, number, body: `${execution} ${number} ${'x'.repeat(500)}` });
    process.stdout.write(`${execution} ${number}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, i) => appendTo(`execution-${i}`)));
