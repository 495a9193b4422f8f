import type { Json, JsonObject } from '../../../model/json.ts';
import type { AwsClients } from '../clients.ts';
import type { TaskFailure } from '../lambda-failure.ts';
import { type AnswerStyle, toAnswer } from './answer.ts';
import { type OptimisedNames, serviceFailure } from './failure.ts';
import type { RawAnswer } from './http-answer.ts';
import { capitalised, javaMemberName } from './java-name.ts';
import { toRequest, UnsupportedField } from './request.ts';
import { NoClient, SdkService } from './sdk-service.ts';

export interface ServiceCall {
  /** As in `secretsmanager`. */
  readonly sdk: string;
  readonly action: string;
  readonly parameters: JsonObject;
  /** For services that recognise a repeated request. */
  readonly token: string;
  readonly style: AnswerStyle;
  readonly names: OptimisedNames | undefined;
  readonly roleArn: string | undefined;
  readonly signal: AbortSignal;
  /** What a refusal of the service is to the task. */
  readonly reason: 'failed' | 'notSubmitted';
}

export interface ServiceFailure {
  readonly failure: TaskFailure & { readonly reason: 'failed' | 'notSubmitted' | 'notScheduled' };
  /** What the SDK threw. */
  readonly thrown?: unknown;
}

/** SDK integrations: names as in the SDK for Java 2, times as text. */
export const sdkStyle: AnswerStyle = {
  member: javaMemberName,
  time: (moment) => moment.toISOString().replace('.000Z', 'Z'),
};

/** Optimised integrations: the service's own names with a capital, times in ms since the epoch. */
export const optimisedStyle: AnswerStyle = { member: capitalised, time: (moment) => moment.getTime() };

/** Calls of AWS in the form of Step Functions, through the SDK's clients, which are loaded when they are first used. */
export class ServiceCalls {
  readonly #clients: AwsClients;
  readonly #services = new Map<string, Promise<SdkService>>();

  constructor(clients: AwsClients) {
    this.#clients = clients;
  }

  /** Rejects with the signal's reason when that aborts. */
  async call(call: ServiceCall): Promise<{ readonly output: JsonObject; readonly http: RawAnswer } | ServiceFailure> {
    let service: SdkService | undefined;
    try {
      service = await this.#service(call.sdk);
      const operation = service.operation(call.action);
      const request = toRequest(call.parameters, operation.input, call.token);
      const { value, http } = await operation.send(request, call.roleArn, call.signal);
      return { output: await toAnswer(value, operation.output, call.style), http };
    } catch (error) {
      call.signal.throwIfAborted();
      if (error instanceof UnsupportedField) return notStarted(call.parameters, error.message);
      if (service === undefined || error instanceof NoClient) {
        return { failure: { error: 'States.Runtime', cause: messageOf(error), reason: 'notScheduled' } };
      }
      const known = service;
      const failure = serviceFailure(error, known.id, (thrown) => known.isDeclared(thrown), call.names);
      return { failure: { ...failure, reason: call.reason }, thrown: error };
    }
  }

  #service(name: string): Promise<SdkService> {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const loading = SdkService.load(name, this.#clients);
    this.#services.set(name, loading);
    // What could not be loaded may have been installed by the next time.
    loading.catch(() => this.#services.delete(name));
    return loading;
  }
}

function notStarted(parameters: Json, why: string): ServiceFailure {
  const cause = `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${why}]`;
  return { failure: { error: 'States.Runtime', cause, reason: 'notScheduled' } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
