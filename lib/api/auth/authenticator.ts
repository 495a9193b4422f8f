import { ApiError } from '../errors.ts';
import type { Principal } from './principal.ts';

/** What the runtime knows of a request beside the request itself; nothing that a caller could write into it. */
export interface Origin {
  /** Made within the engine's own process: not asked who it is. */
  readonly own?: OwnCaller;
  /** Whom API Gateway has authorised by IAM. */
  readonly iam?: IamIdentity;
  /** Given by the runtime, to find the request in other logs. */
  readonly requestId?: string;
  /** Address of the caller, for the audit log. */
  readonly address?: string;
}

/** The command line on its own data folder, or an execution whose task calls the engine. */
export interface OwnCaller {
  readonly subject: string;
  /** What an execution of a tenant calls stays within that tenant. */
  readonly tenant?: string;
}

export interface IamIdentity {
  readonly userArn: string;
  readonly accessKey: string;
}

/** One way to tell who calls. */
export interface Authenticator {
  /** For `WWW-Authenticate`: the scheme and its parameters, RFC 9110, 11.6.1. */
  readonly challenge: string;
  /**
   * `undefined`: the request has no credentials of this kind. Reads the body, if it has to, of a clone.
   * @throws ApiError `credentialsInvalid`, `credentialsExpired`, `signatureInvalid`, `issuerUnavailable`
   */
  authenticate(request: Request, origin: Origin): Promise<Principal | undefined>;
}

/** The first that finds credentials of its kind decides. @throws ApiError `credentialsMissing` and those of `Authenticator` */
export async function authenticate(
  authenticators: readonly Authenticator[],
  request: Request,
  origin: Origin,
): Promise<Principal> {
  for (const authenticator of authenticators) {
    const principal = await authenticator.authenticate(request, origin);
    if (principal !== undefined) return principal;
  }
  const message = 'Send credentials: an API key or a token as "Authorization: Bearer …", or a signed request.';
  throw new ApiError('credentialsMissing', 'authorization', message);
}

/** The token of `Authorization: Bearer …`, RFC 6750, 2.1. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1];
}
