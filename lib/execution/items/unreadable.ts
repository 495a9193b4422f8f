/** What is to be read is not what the definition says it is; the message becomes the cause of `States.ItemReaderFailed`. */
export class UnreadableItems extends Error {
  override readonly name = 'UnreadableItems';
  readonly code = 'Knhk.UnreadableItems';
}
