import type { Execution } from '../client.ts';
import { nameOf } from '../print-execution.ts';
import type { Screen } from '../terminal.ts';

/** How to look at an execution, and to start one more: by the command line, curl, the AWS CLI and the SDK. */
export function whatNext(screen: Screen, url: string, execution: Execution): readonly string[] {
  const { workflow } = execution;
  const arn = execution.arn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
  const input = `examples/${workflow}.input.json`;
  const said = (text: string) => screen.paint('dim', `# ${text}`);
  const server = url === 'http://localhost:8080' ? '' : ` --url ${url}`;
  return [
    '',
    screen.paint('bold', 'In another terminal, in this folder:'),
    '',
    said('what happened in it'),
    `npx knhk history ${nameOf(execution)}${server}`,
    '',
    said('one more, watched from start to end'),
    `npx knhk run examples/${workflow}.asl.json --input @${input} --watch${server}`,
    '',
    said('the same with curl'),
    `curl -s '${url}/v1/workflows/${workflow}/executions?wait=30' -H 'content-type: application/json' \\`,
    `  -d "{\\"input\\": $(cat ${input})}"`,
    '',
    said('with the AWS CLI'),
    `AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws stepfunctions start-execution --region us-east-1 \\`,
    `  --endpoint-url ${url} --state-machine-arn ${arn} --input file://${input}`,
    '',
    said('with the AWS SDK'),
    `import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';`,
    `const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };`,
    `const client = new SFNClient({ endpoint: '${url}', region: 'us-east-1', credentials });`,
    `await client.send(new StartExecutionCommand({ stateMachineArn: '${arn.replace(/[^:]+$/, 'hello')}', input: '{"name":"you"}' }));`,
    '',
    `The API is described at ${url}/openapi.json. Serving; Ctrl-C stops.`,
  ];
}
