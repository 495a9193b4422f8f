import { isJsonObject, type JsonObject } from '../../../lib/model/json.ts';
import type { Dice } from './dice.ts';
import { type NamedState, randomSegment, type Segment } from './random-net.ts';
import { type Leaf, randomLeaf, recovery } from './random-state.ts';

const MAX_DISTRIBUTED_DEPTH = 2;

export interface WorkflowOptions {
  /** States of a scope, at most. */
  readonly width: number;
  /** Levels of Parallel and Map within each other. */
  readonly depth: number;
  readonly children: boolean;
  readonly nets: boolean;
  readonly pools: boolean;
  /** How many functions are marked as idempotent. */
  readonly idempotent: number;
}

/** Definitions that nobody would write, which close whatever their tasks do. */
export function randomDefinition(dice: Dice, options: WorkflowOptions): JsonObject {
  return { ...(dice.chance(0.2) ? { TimeoutSeconds: 300 } : {}), ...new Composer(dice, options).scope(0) };
}

/** A definition into which the same states fit, and that goes on for longer: after each end there is one more state. */
export function extended(definition: JsonObject): JsonObject {
  const { States: states } = definition;
  if (!isJsonObject(states)) return definition;
  const longer = Object.entries(states).map(([name, state]) => {
    const { End: isEnd, ...fields } = isJsonObject(state) ? state : {};
    return [name, isEnd === true ? { ...fields, Next: LAST } : state] as const;
  });
  return { ...definition, States: { ...Object.fromEntries(longer), [LAST]: { Type: 'Wait', Seconds: 5, End: true } } };
}

/** What it has as a revision. */
export const OTHER_REVISION = '2';
const LAST = 'Last';
/** Names of states at which it ends. */
export const ENDS: RegExp = /^(Last|Rescued\d+)$/;

class Composer {
  readonly #dice: Dice;
  readonly #options: WorkflowOptions;
  #names = 0;

  constructor(dice: Dice, options: WorkflowOptions) {
    this.#dice = dice;
    this.#options = options;
  }

  scope(depth: number): JsonObject {
    const dice = this.#dice;
    const isNet = this.#options.nets && dice.chance(0.6);
    const count = 1 + dice.below(depth === 0 ? this.#options.width : Math.min(this.#options.width, 3));
    const segments = Array.from({ length: count }, () => this.#segment(depth, isNet));
    const rescue = this.#named('Rescued');
    const states = segments.flatMap(({ states: own, exit }, index) => {
      const next = segments[index + 1]?.entry;
      return own.map(([name, fields]): NamedState => {
        const catching = fields['Catch'] === true ? { Catch: [{ ErrorEquals: ['States.ALL'], Next: rescue }] } : {};
        const onward = name !== exit ? {} : next === undefined ? { End: true } : { Next: next };
        return [name, { ...fields, ...catching, ...onward }];
      });
    });
    const isCaught = states.some(([, { Catch }]) => Catch !== undefined);
    const mutex = Object.assign({}, ...segments.map((segment) => segment.mutex ?? {}));
    return {
      StartAt: segments[0]?.entry ?? '',
      States: { ...Object.fromEntries(states), ...(isCaught ? { [rescue]: { Type: 'Succeed' } } : {}) },
      ...(Object.keys(mutex).length === 0 ? {} : { Mutex: mutex }),
    };
  }

  #named(kind: string): string {
    this.#names += 1;
    return `${kind}${this.#names}`;
  }

  #segment(depth: number, isNet: boolean): Segment {
    const leaf = () => this.#state(depth, isNet);
    if (isNet && this.#dice.chance(0.5)) {
      return randomSegment({ dice: this.#dice, named: (kind) => this.#named(kind), leaf });
    }
    const [kind, fields] = leaf();
    const name = this.#named(kind);
    return { entry: name, exit: name, states: [[name, fields]] };
  }

  #state(depth: number, isNet: boolean): Leaf {
    const { children, pools, idempotent, depth: deepest } = this.#options;
    const leaf = randomLeaf(this.#dice, { children, pools, idempotent, isNet });
    if (leaf !== undefined) return leaf;
    const draw = this.#dice.fraction();
    if (depth < deepest && draw < 0.5) return ['Parallel', this.#parallel(depth)];
    if (depth < deepest && draw < 0.7) return ['Map', this.#map(depth)];
    if (children && depth < Math.min(deepest, MAX_DISTRIBUTED_DEPTH) && draw < 0.9) {
      return ['Items', this.#distributedMap(depth)];
    }
    return ['Pass', { Type: 'Pass' }];
  }

  #parallel(depth: number): JsonObject {
    return {
      Type: 'Parallel',
      Branches: Array.from({ length: 2 + this.#dice.below(2) }, () => this.scope(depth + 1)),
      ...recovery(this.#dice),
    };
  }

  #map(depth: number): JsonObject {
    return {
      Type: 'Map',
      ItemsPath: `$$.Execution.Input.items${this.#dice.below(6)}`,
      MaxConcurrency: this.#dice.below(4),
      ItemProcessor: this.scope(depth + 1),
      ...recovery(this.#dice),
    };
  }

  #distributedMap(depth: number): JsonObject {
    const dice = this.#dice;
    return {
      ...this.#map(depth),
      // Maps within look for their items in the input of their execution.
      ItemSelector: { ...INPUT, 'n.$': '$$.Map.Item.Index' },
      ItemProcessor: {
        ...this.scope(depth + 1),
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: dice.pick(['STANDARD', 'STANDARD', 'EXPRESS']) },
      },
      ...(dice.chance(0.4) ? { ToleratedFailureCount: dice.below(4) } : {}),
      ...(dice.chance(0.3) ? { ItemBatcher: { MaxItemsPerBatch: 1 + dice.below(3) } } : {}),
    };
  }
}

/** What `randomDefinition` expects to be started with. */
export const INPUT: JsonObject = {
  ...Object.fromEntries(
    Array.from({ length: 6 }, (_, length) => [`items${length}`, Array.from({ length }, (_item, index) => index)]),
  ),
  flags: [true, false, true, false],
};
