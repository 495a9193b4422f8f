import { testWorkflow } from 'knhk/testing';
import { expect, test } from 'vitest';

const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Label: 'Rows',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
        Arguments: { Bucket: 'in', Key: 'orders.csv' },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Bill',
        States: {
          Bill: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:bill', End: true },
        },
      },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'out', Prefix: 'billed' } },
      End: true,
    },
  },
};

test('a map run reads the objects of the test, runs its items as children, and writes its results', async () => {
  const run = await testWorkflow(definition, {
    name: 'billing',
    objects: { 'in/orders.csv': 'id,total\n1,20\n2,30\n' },
    mocks: { Bill: { '0': { Return: 'first', AfterSeconds: 60 }, '1': { Return: 'second' } } },
  });
  expect(run.summary).toBe('SUCCEEDED');
  expect(run.elapsedSeconds).toBe(60);
  expect(run.path).toEqual(['Each', 'Bill', 'Bill']);
  expect(run.calls('Bill').map(({ input }) => input)).toEqual([
    { id: '1', total: '20' },
    { id: '2', total: '30' },
  ]);
  expect(run.children).toMatchObject([
    { workflow: 'billing/Rows', output: 'first' },
    { workflow: 'billing/Rows', output: 'second' },
  ]);
  expect(Object.keys(run.written).every((name) => name.startsWith('out/billed/'))).toBe(true);
  expect(Object.values(run.written).join('\n')).toContain('first');
  expect(run.coverage.missing).toEqual([]);
});

test('map runs of executions of the same name do not write to the same place', async () => {
  const keys = ['billing', 'reminding'].map(async (name) => {
    const run = await testWorkflow(definition, {
      name,
      objects: { 'in/orders.csv': 'id,total\n1,20\n' },
      mocks: { Bill: { Return: 'done' } },
    });
    return Object.keys(run.written);
  });
  const [billed = [], reminded = []] = await Promise.all(keys);
  expect(billed.filter((key) => reminded.includes(key))).toEqual([]);
  expect(billed.length).toBeGreaterThan(1);
});

test('a map run without its object fails, and says which one', async () => {
  const run = await testWorkflow(definition);
  expect(run.error).toBe('States.ItemReaderFailed');
  expect(run.cause).toMatch(/NoSuchBucket: The bucket in does not exist/);
});
