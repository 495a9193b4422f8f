import {
  CreateStateMachineCommand,
  type CreateStateMachineCommandInput,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  StartExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { expect, vi } from 'vitest';
import { definitions, ROLE, type RunningApi } from './running-api.ts';

/** State machines made through the protocol, as a client makes them. */
export class SfnWorkflows {
  readonly #api: () => RunningApi;
  #names = 0;

  constructor(api: () => RunningApi) {
    this.#api = api;
  }

  unique(prefix: string): string {
    this.#names += 1;
    return `${prefix}-${this.#names}`;
  }

  async create(more: Partial<CreateStateMachineCommandInput> = {}) {
    const definition = JSON.stringify(definitions.pass());
    const input = { name: this.unique('workflow'), definition, roleArn: ROLE, ...more };
    const created = await this.#api().client.send(new CreateStateMachineCommand(input));
    return { ...created, name: input.name ?? '', arn: created.stateMachineArn ?? '' };
  }

  /** Gives the workflow another definition, and publishes it. */
  async publishNext(stateMachineArn: string, by: string): Promise<string> {
    const definition = JSON.stringify(definitions.pass(by));
    const command = new UpdateStateMachineCommand({ stateMachineArn, definition, publish: true });
    return (await this.#api().client.send(command)).stateMachineVersionArn ?? '';
  }

  async run(stateMachineArn: string, name?: string): Promise<DescribeExecutionCommandOutput> {
    const { client } = this.#api();
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: '{}', name }));
    return vi.waitFor(
      async () => {
        const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
        expect(execution.status).not.toBe('RUNNING');
        return execution;
      },
      { timeout: 5_000, interval: 10 },
    );
  }
}
