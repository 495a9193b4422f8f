import { PrometheusMetrics } from '../adapters/system/index.ts';
import { executionCaller } from '../api/auth/own-caller.ts';
import { type Api, createApi, localPolicy, type Services } from '../api/index.ts';
import { load } from '../execution/definitions.ts';
import type { OwnFetch } from '../execution/tasks/own-api.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { localGuard } from './authentication.ts';
import { openBuckets } from './buckets.ts';
import type { Configuration } from './configuration.ts';
import { openLocalEngine } from './engine.ts';
import { openFunctions } from './functions.ts';
import { answerScrape, isScrape } from './metrics-page.ts';
import { localServices } from './services.ts';
import { moduleStages } from './stages.ts';

/** The engine of this machine behind its API, without a port. */
export interface LocalApi extends Api {
  /** Open executions that were found and taken up again. */
  readonly recovered: number;
  /** Takes no new work, lets commits under way end, and closes the data folder. What runs goes on at the next start. */
  close(): Promise<void>;
}

/** @throws DataDirError, HandlersNotLoaded, StagesNotLoaded, BadStages */
export async function openLocalApi(
  configuration: Pick<
    Configuration,
    | 'authentication'
    | 'breakers'
    | 'buckets'
    | 'connections'
    | 'dataDir'
    | 'handlers'
    | 'httpAllow'
    | 'lambdaEndpoint'
    | 'pools'
    | 'port'
    | 'stages'
    | 'rateLimits'
    | 'takesUp'
  >,
  log: Telemetry,
): Promise<LocalApi> {
  const metrics = new PrometheusMetrics();
  const telemetry = { ...log, meter: metrics };
  let api: Api;
  const stages = await moduleStages(configuration.stages);
  const buckets = await openBuckets(configuration.buckets, process.env);
  const functions = await openFunctions(configuration, telemetry);
  const ownApi: OwnFetch = (request, execution) => api.fetch(request, { own: executionCaller(execution) });
  try {
    const local = await openLocalEngine({
      dataDir: configuration.dataDir,
      functions: functions.invoker,
      services: localServices({ ...configuration, ownApi, now: Date.now }),
      buckets: buckets.store,
      telemetry,
      stages,
      hasTenants: configuration.authentication !== undefined,
      ...(configuration.pools === undefined ? {} : { pools: configuration.pools }),
      ...(configuration.rateLimits === undefined ? {} : { rateLimits: configuration.rateLimits }),
      ...(configuration.breakers === undefined ? {} : { breakers: configuration.breakers }),
      ...(configuration.takesUp === undefined ? {} : { takesUp: configuration.takesUp }),
    });
    const { stores, recovered, ...parts } = local;
    const { clock, ids, place } = parts;
    const store = stores.keyValues;
    const { authentication, dataDir } = configuration;
    const guarded = await localGuard(authentication, { dataDir, store, clock, ids, place, telemetry });
    const services: Services = {
      ...parts,
      ...guarded,
      index: stores.index,
      rows: stores.events,
      loadDefinition: load,
      telemetry,
      policy: localPolicy,
    };
    api = createApi(services);
    return {
      fetch: (request, origin) =>
        isScrape(request) ? answerScrape(services, metrics, request, origin) : api.fetch(request, origin),
      rpc: api.rpc,
      recovered,
      close: async () => {
        await local.close();
        functions.close();
        buckets.close();
      },
    };
  } catch (error) {
    functions.close();
    buckets.close();
    throw error;
  }
}
