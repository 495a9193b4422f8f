import { expect, test } from 'vitest';
import { World } from './harness.ts';

const pass = (by: string) => ({
  StartAt: 'Give',
  States: { Give: { Type: 'Pass', Result: by, End: true } },
});

const parent = (child: string) => ({
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: { StateMachineArn: child },
      End: true,
    },
  },
});

test('children run the version that their parent names, itself or by an alias', async () => {
  const world = new World();
  const process = world.process();
  const { id, name } = await world.register('child', pass('first'));
  const { workflows } = process.engine;
  const roleArn = 'arn:aws:iam::123456789012:role/then';
  const version = { number: 1, revision: '1', roleArn, createdAt: 0 };
  await workflows.update(name, async (current) => ({ workflow: { ...current, versions: 1, published: version } }));
  await workflows.update(name, async (current) => ({
    workflow: { ...current, revision: '2' },
    definition: JSON.stringify(pass('second')),
  }));
  const alias = { name: 'PROD', routes: [{ version: 1, weight: 100 }], createdAt: 0, updatedAt: 0 };
  await workflows.aliases.create(id, alias);

  const outputs: unknown[] = [];
  for (const [i, suffix] of ['', ':1', ':PROD', ':2', ':TEST'].entries()) {
    const execution = await process.start(await world.register(`parent-${i}`, parent(`${id}${suffix}`)), {});
    await process.run();
    const { output, failure } = await process.state(execution);
    outputs.push(output ?? failure);
  }
  expect(outputs).toMatchObject([
    { Output: 'second', StateMachineArn: id },
    { Output: 'first', StateMachineArn: id, StateMachineVersionArn: `${id}:1` },
    { Output: 'first', StateMachineVersionArn: `${id}:1`, StateMachineAliasArn: `${id}:PROD` },
    { error: 'StepFunctions.StateMachineDoesNotExistException' },
    { error: 'StepFunctions.StateMachineDoesNotExistException' },
  ]);
  expect(outputs[0]).not.toHaveProperty('StateMachineVersionArn');
});
