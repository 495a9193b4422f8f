import type { TaskDefinition } from '../../language/definition.ts';
import { expressionIn } from '../../language/definition.ts';
import { isJsonObject } from '../../model/json.ts';
import { type Detector, type Note, pointerTo, type Scope, splitsOf } from '../scope.ts';

/** WCP-11, 20, 22, 43: how a case ends, and what it takes with it. */
export const endings: Detector = (scope, note) => {
  if (scope.pointer === '' && 'TimeoutSeconds' in scope.definition) note(20, '/TimeoutSeconds');
  const hasSplit = scope.isNet && splitsOf(scope).size > 0;
  if (hasSplit) noteEnds(scope, note);
  for (const [name, state] of scope.states) {
    if (state.Type === 'Succeed' && hasSplit) note(43, pointerTo(scope, name));
    if (state.Type === 'Fail' && (hasSplit || scope.isBranch)) note(20, pointerTo(scope, name));
    if (state.Type === 'Task') noteChild(scope, name, state, note);
    if (state.Type !== 'Map') continue;
    if (state.Synchronize === false) note(11, pointerTo(scope, name, 'Synchronize'));
    if (state.Completion !== undefined && state.Rest !== 'cancel') note(11, pointerTo(scope, name, 'Completion'));
  }
};

function noteEnds(scope: Scope, note: Note): void {
  const ends = [...scope.states].filter(([, state]) => 'End' in state && state.End === true);
  if (ends.length < 2) return;
  for (const [name] of ends) note(11, pointerTo(scope, name, 'End'));
}

const CHILD = /^arn:aws[\w-]*:states:[^:]*:[^:]*:states:startExecution\.sync(:2)?$/;

/** How a state names the workflow that it belongs to, in JSONata and in JSONPath. */
const SELF = { expression: '$states.context.StateMachine.Id', path: '$$.StateMachine.Id' };

function noteChild(scope: Scope, name: string, task: TaskDefinition, note: Note): void {
  if (!CHILD.test(task.Resource)) return;
  note(20, pointerTo(scope, name, 'Resource'));
  for (const field of ['Arguments', 'Parameters'] as const) {
    const given = task[field];
    if (given === undefined || !isJsonObject(given)) continue;
    const [byExpression, byPath] = [given['StateMachineArn'], given['StateMachineArn.$']];
    if (typeof byExpression === 'string' && expressionIn(byExpression) === SELF.expression) {
      note(22, pointerTo(scope, name, field, 'StateMachineArn'));
    }
    if (byPath === SELF.path) note(22, pointerTo(scope, name, field, 'StateMachineArn.$'));
  }
}
