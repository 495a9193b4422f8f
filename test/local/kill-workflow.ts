import * as handlers from './kill-handlers.ts';

/** What runs while the server is killed: tasks in a row and side by side, a retry, a timer, and a task that is answered from outside. */

const ITEMS = [1, 2, 3, 4];

const functionArn = ({ name }: { readonly name: string }) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

const addStep = (step: string, next: object) => ({
  Type: 'Task',
  Resource: functionArn(handlers.add),
  Arguments: { step, n: '{% $states.input.n %}' },
  Output: { n: '{% $states.result.n %}' },
  ...next,
});

export const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States: {
    First: addStep('First', { Next: 'Second' }),
    Second: addStep('Second', { Next: 'Each' }),
    Each: {
      Type: 'Map',
      Items: `{% ${JSON.stringify(ITEMS)} %}`,
      ItemSelector: { n: '{% $states.input.n %}', step: "{% 'Item' & $states.context.Map.Item.Value %}" },
      ItemProcessor: {
        StartAt: 'Item',
        States: {
          Item: { Type: 'Task', Resource: functionArn(handlers.add), Output: '{% $states.result.n %}', End: true },
        },
      },
      Output: { n: '{% $sum($states.result) %}' },
      Next: 'Later',
    },
    Later: {
      ...addStep('Later', { Next: 'Pause' }),
      Resource: functionArn(handlers.addLater),
      Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 1, MaxAttempts: 1 }],
    },
    Pause: { Type: 'Wait', Seconds: 1, Next: 'Answer' },
    Answer: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: handlers.add.name,
        Payload: { step: 'Answer', n: '{% $states.input.n %}', token: '{% $states.context.Task.Token %}' },
      },
      Output: { n: '{% $states.input.n + $states.result.plus %}' },
      Next: 'Last',
    },
    Last: addStep('Last', { End: true }),
  },
};
/** In the order of the definition: each stage begins when the one before has been recorded. */
export const STAGES = [['First'], ['Second'], ITEMS.map((item) => `Item${item}`), ['Later'], ['Answer'], ['Last']];
export const STEPS = STAGES.flat();
/** What is told with a task token. */
export const ANSWER = { plus: 100 };

export function expectedOutput(n: number): object {
  const each = ITEMS.length * (n + 2 + 1);
  return { n: each + 1 + ANSWER.plus + 1 };
}
