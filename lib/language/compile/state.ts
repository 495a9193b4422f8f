import type { Evaluate, StatePlan, StateResult } from '../../model/plan.ts';
import type { Flow, MapDefinition, PassDefinition, StateDefinition } from '../definition.ts';
import { compileChoice } from './choice.ts';
import { compileFailure } from './fail.ts';
import { compileJsonataResult, compilePathResult } from './flow.ts';
import { compileItemControl } from './item-control.ts';
import { chain, compileFilterPath, compilePayload } from './jsonpath.ts';
import { compileItemInput, compileItems, compileMaxConcurrency, compileToleratedFailures } from './map.ts';
import { compileMapRun } from './map-run.ts';
import type { StateCompilation } from './options.ts';
import { compileTargets } from './targets.ts';
import { compileArguments, compileTask, compileWorking } from './task.ts';
import { traced } from './trace.ts';
import { compileUntil } from './wait.ts';

export function compileState(definition: StateDefinition, state: StateCompilation): StatePlan {
  const named = { name: state.name, queryLanguage: state.language };
  switch (definition.Type) {
    case 'Pass':
      return { type: 'Pass', ...named, produce: compilePass(definition, state), next: compileTargets(definition) };
    case 'Task':
      return compileTask(definition, state);
    case 'Choice':
      return { type: 'Choice', ...named, ...compileChoice(definition, state) };
    case 'Wait':
      return {
        type: 'Wait',
        ...named,
        until: compileUntil(definition, state),
        produce: compileFlow(definition, state),
        next: compileTargets(definition),
      };
    case 'Succeed':
      return { type: 'Succeed', ...named, produce: compileFlow(definition, state) };
    case 'Fail':
      return { type: 'Fail', ...named, failure: compileFailure(definition, state) };
    case 'Parallel':
      return {
        type: 'Parallel',
        ...compileWorking(definition, state),
        arguments: compileArguments(definition, state),
        branches: definition.Branches.map(state.addScope),
      };
    case 'Map':
      return compileMap(definition, state);
    case 'Place':
      return { type: 'Place', ...named, next: compileTargets(definition) };
  }
}

function compileMap(definition: MapDefinition, state: StateCompilation): StatePlan {
  const processor = definition.ItemProcessor ?? definition.Iterator;
  if (processor === undefined) throw new Error(`The Map '${state.name}' must be checked before it is compiled.`);
  const control = compileItemControl(definition, state);
  return {
    type: 'Map',
    ...compileWorking(definition, state),
    items: compileItems(definition, state),
    itemInput: compileItemInput(definition, state),
    maxConcurrency: compileMaxConcurrency(definition, state),
    toleratedFailures: compileToleratedFailures(definition, state),
    processor: state.addScope(processor),
    ...(control === undefined ? {} : { control }),
    ...(processor.ProcessorConfig?.Mode === 'DISTRIBUTED' ? { distributed: compileMapRun(definition, state) } : {}),
  };
}

/** A state that hands on its input: Wait and Succeed. */
function compileFlow(definition: Flow, state: StateCompilation): Evaluate<StateResult> {
  if (state.language === 'JSONata') return compileJsonataResult('input', definition, state);
  const select = traced('afterInputPath', compileFilterPath(definition.InputPath, 'InputPath', state), state);
  return compilePathResult('input', { select, Assign: definition.Assign, OutputPath: definition.OutputPath }, state);
}

function compilePass(definition: PassDefinition, state: StateCompilation): Evaluate<StateResult> {
  if (state.language === 'JSONata') return compileJsonataResult('input', definition, state);
  const { Result, Parameters, Assign, ResultPath, OutputPath } = definition;
  const select =
    Result === undefined
      ? chain(
          traced('afterInputPath', compileFilterPath(definition.InputPath, 'InputPath', state), state),
          traced('afterParameters', Parameters === undefined ? undefined : compilePayload(Parameters, state), state),
        )
      : traced('result', () => Result, state);
  return compilePathResult('input', { select, Assign, ResultPath, OutputPath }, state);
}
