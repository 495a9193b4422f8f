/** A test cannot be run, or cannot go on; what the workflow itself does wrong is never thrown. */
export class TestError extends Error {
  override readonly name = 'TestError';
  /**
   * Stable: `Knhk.NoMock`, `Knhk.MockInvalid`, `Knhk.TestFileInvalid`, `Knhk.DefinitionInvalid`, `Knhk.EventUnknown`, `Knhk.MockTooSlow`,
   * `Knhk.TestTooLong`, `Knhk.DefinitionNotRead`, `Knhk.FileNotFound`, `Knhk.EngineFault`.
   */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
