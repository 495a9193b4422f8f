import type { JsonObject } from '../../lib/model/json.ts';
import { type Address, createWorkflow } from '../patterns/driver.ts';
import { type Played, playAll, VARIANTS } from '../patterns/play.ts';
import { Case, type Deployed } from './case.ts';
import { checkFields, type Net, type Run, type Scenario } from './net.ts';
import { defineNet, type NetDefinition } from './net-definition.ts';
import { readCases, type Score, tally } from './score.ts';
import { startEngine } from './server.ts';

/** Plays scenarios through the REST API of servers that are processes of their own, in all variants. */
export async function runPatterns(root: string, file: string): Promise<readonly Score[]> {
  // The file says what it holds by its place; what is wrong with it shows in the translation.
  const scenarios = readCases(file) as unknown as readonly Scenario[];
  const results: (readonly [string, boolean])[] = [];
  for (const variant of VARIANTS) {
    const area = `patterns: ${variant.name}`;
    const played = await playAll(
      variant,
      (dataDir) => startEngine(root, dataDir),
      async (address, beside) => {
        const all: Played[] = [];
        for (const scenario of scenarios) all.push(...(await deploy(address, scenario, beside)));
        return all;
      },
    );
    for (const { label, failure } of played) {
      if (failure !== undefined) process.stdout.write(`${area}: ${label}: ${failure}\n`);
      results.push([area, failure === undefined]);
    }
  }
  return tally(results);
}

async function deploy(address: Address, scenario: Scenario, beside: number): Promise<readonly Played[]> {
  const base = scenario.id.replaceAll(/[^\w-]/g, '-');
  const label = ({ note }: Run) => `${scenario.id}${note ? ` (${note})` : ''}`;
  try {
    checkFields(scenario);
    const nets = new Map<string, NetDefinition>();
    await deployNet(address, base, scenario.net, scenario.net.nets ?? {}, nets);
    const deployed: Deployed = {
      scenario: scenario.id,
      workflow: base,
      nets,
      successors: successorsIn(scenario.net),
    };
    return scenario.runs.map((run, i) => ({
      label: label(run),
      players: Array.from({ length: beside }, (_, n) => new Case(address, deployed, run, `${base}-${i + 1}-${n + 1}`)),
    }));
  } catch (error) {
    return scenario.runs.map((run) => ({ label: label(run), players: [], failure: String(error) }));
  }
}

/** ARNs are those of the local server. */
const ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:';

async function deployNet(
  address: Address,
  name: string,
  net: Net,
  known: Readonly<Record<string, Net>>,
  into: Map<string, NetDefinition>,
): Promise<void> {
  const nets = { ...known, ...net.nets };
  const nameOf = (sub: string) =>
    sub === 'self' ? name : nets[sub] === undefined ? name : `${name.split('--')[0]}--${sub}`;
  const defined = defineNet(net, (sub) => ({ name: nameOf(sub), arn: `${ARN}${nameOf(sub)}` }));
  into.set(name, defined);
  for (const [sub, child] of Object.entries(nets)) {
    if (!into.has(nameOf(sub))) await deployNet(address, nameOf(sub), child, nets, into);
  }
  const definition: JsonObject = defined.definition;
  await createWorkflow(address, name, definition);
}

function successorsIn({ tasks }: Net): ReadonlyMap<string, ReadonlySet<string>> {
  const entries = Object.entries(tasks).map(([name, { out = [] }]) => {
    const targets = out.map((target) => (typeof target === 'string' ? target : target.to));
    return [name, new Set(targets)] as const;
  });
  return new Map(entries);
}
