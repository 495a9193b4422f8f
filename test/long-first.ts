import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, the longest first: begun last, one of them would keep one core busy while the other has nothing to do. */
const LONG = [
  'test/execution/simulation.test.ts',
  'test/docs/blocks.test.ts',
  'test/adapters/aws/contracts.test.ts',
  'test/patterns/examples.test.ts',
  'test/resources/pools/interleavings.test.ts',
  'test/local/kill.test.ts',
  'test/local/cli.test.ts',
];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
