import { fromTraceparent } from '../ports/trace-context.ts';
import type { Services } from './services.ts';

/** The services as a request uses them that says which trace it is part of. */
export function traced(services: Services, headers: Headers): Services {
  const trace = fromTraceparent(headers.get('traceparent'), headers.get('tracestate'));
  return trace === undefined ? services : { ...services, trace };
}
