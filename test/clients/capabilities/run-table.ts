/** Runs every story with every client against one real yard, and prints what came of it as a table. */
import { after, before, describe, test } from 'node:test';
import { startRecordingProxy } from '../../support/recording-proxy.ts';
import { startYard, type Yard } from '../../support/start-yard.ts';
import { allStories, type CapabilityName } from './all-stories.ts';
import type { Client, Connection } from './client.ts';
import type { Scene, Story, Way } from './story.ts';
import { type Cell, tableText } from './table.ts';

/** Small, so that a full window is soon reached; the longest answer fits. */
const contextWindow = 1_024;
/** One for each client, for the story they have at the same time. */
const slots = 4;
/** A busy machine included. */
const timeoutMs = 110_000;

/** Registers a test for each cell; to be called at the top of a test file. */
export function runTable(clients: readonly Client[]): void {
  let yard: Yard | undefined;
  const cells: Cell[] = [];
  before(async () => {
    yard = await startYard({ contextWindow, slots });
  });
  after(async () => {
    await yard?.stop();
    console.log(tableText(clients, cells));
  });
  // The keys are those of the table.
  for (const [capability, story] of Object.entries(allStories) as [CapabilityName, Story][]) {
    const able = clients.filter(({ notExpressible }) => notExpressible[capability] === undefined);
    describe(capability, { concurrency: story.together ? able.length : 1 }, () => {
      for (const client of able) {
        for (const way of story.ways) {
          const cell: Cell = { capability, client, way, passed: null };
          cells.push(cell);
          test(`${client.name}, ${way}`, { timeout: timeoutMs }, async () => {
            cell.passed = false;
            if (yard === undefined) throw new Error('the yard did not start');
            await runCell(story, yard, client, way);
            cell.passed = true;
          });
        }
      }
    });
  }
}

let scenes = 0;

async function runCell(story: Story, yard: Yard, client: Client, way: Way): Promise<void> {
  await using listeners = new AsyncDisposableStack();
  const { url, key, model } = yard;
  const connect = (changes: Partial<Connection>) => client.connect({ url, key, model, ...changes });
  const session = connect({});
  const scene: Scene = {
    ...session,
    yard,
    client,
    way,
    somethingNew: `Page ${++scenes} of the book.`,
    connect,
    ask: (question, how) => session.ask(question, { streamed: way === 'streamed', ...how }),
    listen: async () => listeners.adopt(await startRecordingProxy(url), (proxy) => proxy.close()),
  };
  await story.run(scene);
}
