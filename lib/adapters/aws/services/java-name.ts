/**
 * Names as the AWS SDK for Java 2 makes them, which is where Step Functions' SDK integrations have theirs from: members
 * of requests and answers (`DBInstanceIdentifier` is `DbInstanceIdentifier`, `BOOL` is `Bool`), and prefixes of errors
 * (`DynamoDB` is `DynamoDb`). Source: the SDK's code generator, `CodegenNamingUtils.splitOnWordBoundaries`.
 */
export function javaName(name: string): string {
  return wordsOf(name)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}

/** The class of an error that a service declares, as in `NoSuchKeyException` for `NoSuchKey`. */
export function javaExceptionName(shape: string): string {
  if (shape.endsWith('Exception')) return javaName(shape);
  return `${javaName(shape.endsWith('Fault') ? shape.slice(0, -'Fault'.length) : shape)}Exception`;
}

/** Two members that the SDK for Java names by hand, in DynamoDB's attribute values. */
const RENAMED: ReadonlyMap<string, string> = new Map([['NULL', 'Nul']]);

export function javaMemberName(member: string): string {
  return RENAMED.get(member) ?? javaName(member);
}

/** The member's own name with a capital: what the optimised integrations say. */
export function capitalised(member: string): string {
  return member.charAt(0).toUpperCase() + member.slice(1);
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .replaceAll(/([^a-z]{2,})v([0-9]+)/g, '$1 v$2 ')
    .replaceAll(/([^A-Z]{2,})V([0-9]+)/g, '$1 V$2 ')
    .replaceAll(/(?<=[a-z])(?=[A-Z][a-zA-Z0-9])/g, ' ')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/([0-9])([a-zA-Z])/g, '$1 $2')
    .split(' ')
    .filter((word) => word !== '');
}
