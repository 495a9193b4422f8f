import { type CheckedExecution, checkBundle, InvalidBundle } from '../../../provenance/bundle.ts';
import { PeriodReceipts, readPeriods } from '../../../provenance/sealed-period.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readLines } from '../files.ts';
import { moment } from '../format.ts';
import { publicKeyIn } from '../public-key-file.ts';
import type { Screen, Terminal } from '../terminal.ts';

/** Checks a bundle with nothing but the public key, and where it has no receipts with archived periods of the ledger. */
export async function verify(
  terminal: Terminal,
  file: string,
  flags: { readonly key: string; readonly ledger?: readonly string[] },
): Promise<ExitCode> {
  const key = await publicKeyIn(flags.key);
  const receipts = await receiptsIn(flags.ledger ?? []);
  const checked: CheckedExecution[] = [];
  try {
    for await (const execution of checkBundle(readLines(file), key, (...of) => receipts.find(...of))) {
      checked.push(execution);
      if (!terminal.json) print(terminal.out, execution);
    }
  } catch (error) {
    if (error instanceof InvalidBundle) throw new CommandFailed(error.code, `'${file}': ${error.message}`);
    throw error;
  }
  if (terminal.json) terminal.out.line(JSON.stringify(checked, undefined, 2));
  return checked.some(({ faults }) => faults.length > 0) ? EXIT.failed : EXIT.ok;
}

function print(screen: Screen, { execution, commits, erased, encrypted, receipt, faults }: CheckedExecution): void {
  const counted = `${commits} ${commits === 1 ? 'commit' : 'commits'}`;
  if (faults.length > 0) {
    screen.line(`${execution}: ${screen.paint('red', 'NOT PROVEN')}, ${counted}`);
    for (const fault of faults) screen.line(`  ${fault}`);
    return;
  }
  const without = [
    ...(erased === 0 ? [] : [`, ${erased} of them without payloads`]),
    ...(encrypted === 0 ? [] : [`, ${encrypted} of them with encrypted payloads`]),
  ].join('');
  if (receipt === null) {
    const verdict = screen.paint('yellow', 'UNBROKEN');
    screen.line(
      `${execution}: ${verdict}, ${counted}${without}; without a receipt nothing tells whether these are all`,
    );
    return;
  }
  const { closing, period, head } = receipt;
  const later = commits - closing.commits;
  screen.line(`${execution}: ${screen.paint('green', 'PROVEN')}, ${counted}${without}`);
  screen.line(`  ${closing.status} ${moment(closing.closedAt)}, in period ${period.number}, signed ${moment(head.at)}`);
  if (later > 0) screen.line(`  the last ${later} came after that, and are not in the ledger yet`);
}

async function receiptsIn(files: readonly string[]): Promise<PeriodReceipts> {
  const periods = [];
  for (const file of files) {
    try {
      periods.push(...(await readPeriods(readLines(file))));
    } catch (error) {
      if (error instanceof InvalidBundle) throw new CommandFailed(error.code, `'${file}': ${error.message}`);
      throw error;
    }
  }
  return new PeriodReceipts(periods);
}
