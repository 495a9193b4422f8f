import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { KnhkEngineProps } from './engine-props.ts';

/** What differs between the stages; all else is the default of `KnhkEngineProps`. */
export const stages = {
  /** Goes without a trace when the stack does, and shows readable stack traces. */
  dev: {
    logRetentionDays: 7,
    functionLogRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    sourceMaps: true,
    executorConcurrency: 10,
  },
  prod: {},
} as const satisfies Readonly<Record<string, KnhkEngineProps>>;

type StageName = keyof typeof stages;

export const stageNames: readonly string[] = Object.keys(stages);

export function isStageName(name: unknown): name is StageName {
  return typeof name === 'string' && stageNames.includes(name);
}
