import { expect, it } from 'vitest';
import { testWorkflow } from '../../../lib/local/testing/index.ts';

const pass = (more: object) => ({ Type: 'Pass', ...more });

const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Choose',
  States: {
    Choose: {
      Type: 'Choice',
      Select: 'All',
      Choices: [
        { Condition: '{% $states.input.left %}', Next: ['Left', 'Ready'] },
        { Condition: '{% $states.input.right %}', Next: 'Right' },
      ],
      Default: ['Right', 'Ready'],
    },
    Left: pass({ Next: 'Both' }),
    Right: pass({ Next: 'Both' }),
    Ready: { Type: 'Place', Next: ['Work', 'Late'] },
    Work: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', End: true },
    Late: { Type: 'Wait', Seconds: 60, End: true },
    Both: pass({ Join: 'active', End: true }),
  },
};

it('visits places, and knows by which way a token was chosen to go and was taken', async () => {
  const run = await testWorkflow(definition, {
    input: { left: true, right: true },
    mocks: { Work: { Return: { done: true } } },
  });
  expect(run.status).toBe('SUCCEEDED');
  const place = run.visits('Ready')[0];
  expect(place).toMatchObject({ type: 'Place', end: 'succeeded', next: ['Work'], enteredAt: 0 });
  expect(
    run
      .visits()
      .map(({ state }) => state)
      .toSorted(),
  ).toEqual(['Both', 'Choose', 'Left', 'Ready', 'Right', 'Work'].toSorted());
  expect(run.coverage.missing.map(({ state, transition }) => [state, transition].filter(Boolean).join(' '))).toEqual([
    'Choose Default → Right, Ready',
    'Ready Next → Late',
    'Late',
  ]);
});
