import { describe, expect, it } from 'vitest';
import { MemoryKeyValueStore } from '../../lib/adapters/memory/index.ts';
import { compileStored } from '../../lib/execution/definitions.ts';
import { type Workflow, WorkflowRegistry } from '../../lib/execution/workflows.ts';

const id = 'arn:aws:states:eu-central-1:123456789012:stateMachine:w';
const definition = JSON.stringify({ StartAt: 'S', States: { S: { Type: 'Succeed' } } });

function workflowAt(revision: string): Workflow {
  const times = { createdAt: 0, revisedAt: 0 };
  return { id, name: 'w', type: 'STANDARD', roleArn: 'r', revision, settings: {}, ...times };
}

/** Publishes the current revision as the next version. */
function publish(registry: WorkflowRegistry): Promise<Workflow | undefined> {
  return registry.update('w', async (workflow) => {
    const { revision, roleArn, versions = 0 } = workflow;
    const published = { number: versions + 1, revision, roleArn, createdAt: 0 };
    return { workflow: { ...workflow, versions: versions + 1, published } };
  });
}

/** A store on which one write of a version waits until it is let go on. */
class SlowStore extends MemoryKeyValueStore {
  #release: () => void = () => undefined;
  #isSlow = true;
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  goOn(): void {
    this.#release();
  }

  override async get(collection: string, key: string) {
    const found = await super.get(collection, key);
    if (this.#isSlow && collection.startsWith('versions/')) {
      this.#isSlow = false;
      await this.#released;
    }
    return found;
  }
}

/** A workflow that was deleted and made anew while a version of it was on its way to its place. */
async function madeAnew(): Promise<WorkflowRegistry> {
  const store = new SlowStore();
  const [slow, other] = [new WorkflowRegistry(store, compileStored), new WorkflowRegistry(store, compileStored)];
  await other.create(workflowAt('old'), definition);
  const publishing = publish(slow);
  while ((await other.find('w'))?.versions === undefined) await Promise.resolve();
  await other.delete('w');
  await other.create(workflowAt('new'), definition);
  store.goOn();
  await publishing;
  return other;
}

const startOf = (registry: WorkflowRegistry, qualifier: string) =>
  registry.startable({ name: 'w', qualifier }, () => 0);

describe('a workflow that was deleted while it was published', () => {
  it('leaves no version to the next one of its name', async () => {
    const registry = await madeAnew();
    const workflow = await registry.find('w');
    expect(workflow && (await registry.versions.list(workflow, 10)).items).toEqual([]);
    expect(await startOf(registry, '1')).toBeUndefined();
  });

  it('stands behind no number of the next one, also once that has a newer version', async () => {
    const registry = await madeAnew();
    await publish(registry);
    await registry.update('w', async (workflow) => ({ workflow: { ...workflow, revision: 'newer' }, definition }));
    await publish(registry);
    expect(await startOf(registry, '1')).toMatchObject({ revision: 'new', version: 1 });
    expect(await startOf(registry, '2')).toMatchObject({ revision: 'newer', version: 2 });
  });
});
