import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { RpcFace } from '../api/grpc/face.ts';
import type { Http2Listener } from './http2.ts';

type Incoming = IncomingMessage | Http2ServerRequest;
type NodeHandler = ReturnType<typeof connectNodeAdapter>;

/** Answers calls of gRPC, and has all else answered by `fallback`. */
export function grpcListener(face: RpcFace, fallback: Http2Listener): Http2Listener {
  const adapter = connectNodeAdapter({
    ...face.options,
    routes: face.routes,
    contextValues: (incoming) => {
      const { remoteAddress: address } = incoming.socket;
      return face.contextOf(headOf(incoming), address === undefined ? {} : { address });
    },
    // Asserted: it is given what comes into the listener, which is of HTTP/2.
    fallback: fallback as NodeHandler,
  });
  return (incoming, outgoing) => {
    const addTrailers = outgoing.addTrailers.bind(outgoing);
    outgoing.addTrailers = (trailers) => addTrailers(legible(trailers));
    adapter(incoming, outgoing);
  };
}

/**
 * The message of a status with no more encoded than has to be (gRPC over HTTP/2, "Status-Message"): what is written more
 * carefully, some clients do not read back.
 */
function legible(trailers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const { 'grpc-message': message } = trailers;
  if (typeof message !== 'string') return trailers;
  const readable = decodeURIComponent(message).replaceAll(/[^ -$&-~]+/g, encodeURIComponent);
  return { ...trailers, 'grpc-message': readable };
}

/** A request without its body: its method, address and headers. */
export function headOf({ headers, method = 'POST', url = '/' }: Incoming): Request {
  const host = String(headers[':authority'] ?? headers.host ?? 'localhost');
  const head = new Headers({ host });
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':') && value !== undefined) head.set(name, String(value));
  }
  return new Request(new URL(url, `http://${host}`), { method, headers: head });
}
