import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../lib/model/json.ts';
import { type Address, createWorkflow } from '../patterns/driver.ts';
import { checkLogs } from '../patterns/log-check.ts';
import { Case, type Deployed, Deviation } from './case.ts';
import type { Net, Run, Scenario } from './net.ts';
import { defineNet, type NetDefinition } from './net-definition.ts';
import { readCases, type Score, tally } from './score.ts';
import { startEngine } from './server.ts';

/** How the runs of all scenarios are played. */
interface Variant {
  readonly name: string;
  /** How often each command is sent. */
  readonly times?: number;
  /** How many executions take their steps in turns. */
  readonly beside?: number;
  /** The server is killed after every step, and started again on the same folder. */
  readonly restarts?: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'patterns: each by itself' },
  { name: 'patterns: restarted after every step', restarts: true },
  { name: 'patterns: every command twice', times: 2 },
  { name: 'patterns: two cases in turns', beside: 2 },
];

/** Plays scenarios through the REST API of a server, in all variants. */
export async function runPatterns(root: string, file: string): Promise<readonly Score[]> {
  // The file says what it holds by its place; what is wrong with it shows in the translation.
  const scenarios = readCases(file) as unknown as readonly Scenario[];
  const results: (readonly [string, boolean])[] = [];
  for (const variant of VARIANTS) {
    const failures = await playAll(root, scenarios, variant);
    for (const [label, failure] of failures) {
      if (failure !== undefined) process.stdout.write(`${variant.name}: ${label}: ${failure}\n`);
      results.push([variant.name, failure === undefined]);
    }
  }
  return tally(results);
}

/** A run, and the executions that play it. */
interface Played {
  readonly run: Run;
  readonly label: string;
  readonly cases: readonly Case[];
  failure?: string;
}

async function playAll(
  root: string,
  scenarios: readonly Scenario[],
  variant: Variant,
): Promise<readonly (readonly [string, string | undefined])[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'knhk-patterns-'));
  let engine = await startEngine(root, dataDir);
  const address: Address = { url: engine.url };
  try {
    const played: Played[] = [];
    for (const scenario of scenarios) played.push(...(await deploy(address, scenario, variant.beside ?? 1)));
    const steps = Math.max(0, ...played.map(({ run }) => run.steps.length));
    for (let index = 0; index < steps; index += 1) {
      for (const one of played) await guarded(one, () => playStep(one, index, variant.times ?? 1));
      if (variant.restarts !== true) continue;
      await engine.stop();
      engine = await startEngine(root, dataDir);
      address.url = engine.url;
      for (const one of played) await guarded(one, () => stillSo(one, index));
    }
    for (const one of played) await guarded(one, () => checkEnd(one));
    const open = new Map<string, readonly string[]>();
    for (const { execution } of played.flatMap(({ cases }) => cases)) {
      if (execution.hasChildren) continue;
      const items = [...((await execution.look().catch(() => undefined))?.open.values() ?? [])].flat();
      open.set(
        execution.name,
        items.map(({ id }) => id),
      );
    }
    await engine.stop();
    const wrong = await checkLogs(dataDir, open);
    for (const one of played) {
      for (const { execution } of one.cases) {
        const finding = wrong.get(execution.name);
        if (finding !== undefined) one.failure ??= `its log: ${finding}`;
      }
    }
    return played.map(({ label, failure }) => [label, failure]);
  } finally {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function guarded(played: Played, action: () => Promise<void>): Promise<void> {
  if (played.failure !== undefined) return;
  try {
    await action();
  } catch (error) {
    played.failure = error instanceof Deviation ? error.message : String(error);
  }
}

async function playStep({ cases }: Played, index: number, times: number): Promise<void> {
  for (const [i, one] of cases.entries()) {
    await one.play(index, times);
    // What one execution does is nothing to those beside it.
    for (const other of cases.slice(0, i)) await other.stillSo(index);
    for (const other of cases.slice(i + 1)) await other.stillSo(index - 1);
  }
}

async function stillSo({ cases }: Played, index: number): Promise<void> {
  for (const one of cases) await one.stillSo(index);
}

async function checkEnd({ cases }: Played): Promise<void> {
  for (const one of cases) await one.checkEnd();
}

async function deploy(address: Address, scenario: Scenario, beside: number): Promise<readonly Played[]> {
  const base = scenario.id.replaceAll(/[^\w-]/g, '-');
  const label = ({ note }: Run) => `${scenario.id}${note ? ` (${note})` : ''}`;
  try {
    const nets = new Map<string, NetDefinition>();
    await deployNet(address, base, scenario.net, scenario.net.nets ?? {}, nets);
    const deployed: Deployed = {
      scenario: scenario.id,
      workflow: base,
      nets,
      successors: successorsIn(scenario.net),
    };
    return scenario.runs.map((run, i) => ({
      run,
      label: label(run),
      cases: Array.from({ length: beside }, (_, n) => new Case(address, deployed, run, `${base}-${i + 1}-${n + 1}`)),
    }));
  } catch (error) {
    return scenario.runs.map((run) => ({ run, label: label(run), cases: [], failure: String(error) }));
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
