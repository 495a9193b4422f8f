import { Code, ConnectError } from '@connectrpc/connect';
import { type HealthCheckRequest, HealthCheckResponse_ServingStatus } from './gen/health_pb.ts';

/** Answers probes; as `/health` of REST, without asking who calls. */
export function checkHealth(services: readonly string[]) {
  return ({ service }: HealthCheckRequest) => {
    if (service !== '' && !services.includes(service)) {
      throw new ConnectError(`Ask for one of ${services.join(', ')}, or for no service by name.`, Code.NotFound);
    }
    return { status: HealthCheckResponse_ServingStatus.SERVING };
  };
}
