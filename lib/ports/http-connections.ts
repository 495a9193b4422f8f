/** What a connection of EventBridge adds to the requests made with it, its credentials included. */
export interface Connection {
  readonly authorization: Authorization;
  /** Added to every request; they take the place of what the task gives under the same name. */
  readonly parameters: HttpParameters;
}

export interface HttpParameters {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

export type Authorization =
  | { readonly kind: 'apiKey'; readonly header: string; readonly value: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'oauth';
      readonly endpoint: string;
      readonly method: 'GET' | 'POST' | 'PUT';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly parameters: HttpParameters;
    };

/** Where connections come from. */
export interface Connections {
  /** @throws ConnectionUnusable */
  find(arn: string): Promise<Connection>;
}

/** There is no such connection, or it cannot be read, or gives no access. `error` is what the task fails with. */
export class ConnectionUnusable extends Error {
  override readonly name = 'ConnectionUnusable';
  readonly code = 'Knhk.ConnectionUnusable';
  readonly error: string;

  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

export const noParameters: HttpParameters = { headers: {}, query: {}, body: {} };
