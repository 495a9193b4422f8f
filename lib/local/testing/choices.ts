import { load } from '../../execution/definitions.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { ChoicePlan, Plan, StatePlan, Targets } from '../../model/plan.ts';

/** Told of each decision of a Choice: `rule` is an index into `Choices`, or `Default`. */
export type OnChoice = (scope: number, state: string, rule: number | 'Default') => void;

interface Tag {
  readonly rule: number | 'Default';
  readonly next: Targets;
}

/**
 * The plan of a definition, whose Choice states tell which of their rules they follow: rules with the same `Next` cannot be
 * told apart by where they lead to. For that a second plan decides, in which every rule has a target of its own.
 */
export function withChoicesTold(definition: string, plan: Plan, told: OnChoice): Plan {
  const tags = new Map<string, Tag>();
  const { plan: tagged } = load(tagScope(JSON.parse(definition), tags));
  if (tagged === undefined) return plan;
  const scopes = plan.scopes.map((scope) => {
    const states = [...scope.states].map(([name, state]): [string, StatePlan] => {
      const twin = tagged.scopes[scope.index]?.states.get(name);
      if (state.type !== 'Choice' || twin?.type !== 'Choice') return [name, state];
      return [name, telling(state, twin, tags, (rule) => told(scope.index, name, rule))];
    });
    return { ...scope, states: new Map(states) };
  });
  return { ...plan, scopes };
}

function telling(
  choice: ChoicePlan,
  twin: ChoicePlan,
  tags: ReadonlyMap<string, Tag>,
  told: (rule: number | 'Default') => void,
): ChoicePlan {
  return {
    ...choice,
    choose: (env) => {
      const chosen = twin.choose(env);
      const next = chosen.next.flatMap((target) => {
        const tag = tags.get(target);
        if (tag !== undefined) told(tag.rule);
        return tag?.next ?? [target];
      });
      return { ...chosen, next };
    },
  };
}

function tagScope(value: Json, tags: Map<string, Tag>): Json {
  if (isJsonArray(value)) return value.map((item) => tagScope(item, tags));
  if (!isJsonObject(value)) return value;
  const copy = Object.entries(value).map(([key, inner]): [string, Json] => {
    const isScope = key === 'States' && typeof value['StartAt'] === 'string' && isJsonObject(inner);
    return [key, isScope ? tagStates(inner, tags) : tagScope(inner, tags)];
  });
  return Object.fromEntries(copy);
}

function tagStates(states: JsonObject, tags: Map<string, Tag>): JsonObject {
  const added: [string, Json][] = [];
  const target = (next: Json | undefined, rule: Tag['rule']): Json => {
    const targets = (isJsonArray(next) ? next : [next]).filter((one) => typeof one === 'string');
    if (next === undefined || targets.length === 0) return next ?? null;
    const name = `${TAG}${tags.size}`;
    tags.set(name, { rule, next: targets });
    added.push([name, { Type: 'Pass', Next: next }]);
    return name;
  };
  const tagged = Object.entries(states).map(([name, state]): [string, Json] => {
    if (!isJsonObject(state)) return [name, state];
    const { Type: type, Choices: rules, Default: otherwise } = state;
    if (type !== 'Choice' || !isJsonArray(rules)) return [name, tagScope(state, tags)];
    const choices = rules.map((rule, at) => (isJsonObject(rule) ? { ...rule, Next: target(rule['Next'], at) } : rule));
    const rest = otherwise === undefined ? {} : { Default: target(otherwise, 'Default') };
    return [name, { ...state, Choices: choices, ...rest }];
  });
  return Object.fromEntries([...tagged, ...added]);
}

/** Begins the names of targets that no definition has. */
const TAG = 'target of a rule ';
