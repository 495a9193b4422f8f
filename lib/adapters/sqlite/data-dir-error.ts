export type DataDirFault =
  /** Another process, or this one, has the folder open. */
  | 'Knhk.DataDirInUse'
  /** It cannot be made, read or written. */
  | 'Knhk.DataDirUnusable'
  /** What is in it is damaged, or no database. */
  | 'Knhk.DataDirCorrupt'
  /** A newer version of the engine has written it. */
  | 'Knhk.DataDirTooNew';

/** The data folder cannot be opened. Terminal: trying again helps only after somebody has seen to it. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError';
  readonly code: DataDirFault;

  constructor(code: DataDirFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
