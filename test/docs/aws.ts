/**
 * Stands for the AWS CLI on machines without it: `aws stepfunctions <action> --<option> <value> …` becomes the SDK's command of that
 * name. Actions and options that the protocol does not have are refused, as are missing credentials or a missing region.
 */
import { readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-sfn';

const members: Record<string, unknown> = { ...sdk };
const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION } = process.env;

const [service, action = '', ...rest] = process.argv.slice(2);
if (service !== 'stepfunctions') refuse(`Only stepfunctions is translated, not ${service}.`);
const options = readOptions(rest);
const { endpointUrl: endpoint, region = AWS_DEFAULT_REGION, query, output = 'json', ...given } = options;
if (accessKeyId === undefined || secretAccessKey === undefined) refuse('Unable to locate credentials.');
if (region === undefined) refuse('You must specify a region.');
if (endpoint === undefined) refuse('Only a server of this project is called, with --endpoint-url.');

const name = pascal(action);
const Command = members[`${name}Command`];
if (typeof Command !== 'function') refuse(`There is no action ${action}.`);
const known = inputMembers(name);
const unknown = Object.keys(given).filter((option) => !known.includes(option));
if (unknown.length > 0) refuse(`${action} has no option ${unknown.join(', ')}.`);

const credentials = { accessKeyId, secretAccessKey };
const client = new sdk.SFNClient({ endpoint, region, credentials, maxAttempts: 1 });
const answer = await client.send(Reflect.construct(Command, [given]));
const { $metadata: _, ...body } = answer;
print(query === undefined ? body : Reflect.get(body, query));

function readOptions(words: readonly string[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) {
    const [option = '', value] = words.slice(at, at + 2);
    if (!option.startsWith('--') || value === undefined) refuse(`'${option}' is no option with a value.`);
    read[camel(option.slice(2))] = value.startsWith('file://') ? readFileSync(value.slice(7), 'utf8') : value;
  }
  return read;
}

/** The SDK describes each structure as `[kind, namespace, name, traits, names of members, …]`. */
function inputMembers(action: string): readonly string[] {
  const schema = members[`${action}Input$`];
  const names: unknown = Array.isArray(schema) ? schema[4] : undefined;
  if (!Array.isArray(names)) refuse(`The SDK does not describe the input of ${action}.`);
  return names.map(String);
}

function print(value: unknown): void {
  process.stdout.write(`${output === 'text' ? String(value) : JSON.stringify(value, undefined, 4)}\n`);
}

function camel(words: string): string {
  return words.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function pascal(words: string): string {
  const name = camel(words);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function refuse(reason: string): never {
  process.stderr.write(`aws: ${reason}\n`);
  process.exit(252);
}
