/** `metalyard models load|unload|pin|unpin|min`: through the running gateway; each machine decides and says why not. */
import type { OwnerWish, WishAnswer } from '../../gateway/model-wishes.ts';
import type { MinimumView } from '../../yard/loads/minimums.ts';
import { CommandError } from '../command-error.ts';
import { postToGateway } from '../gateway-record.ts';
import { plainText } from '../plain-text.ts';
import { runningGateway } from '../running-gateway.ts';
import { minimumsText } from './models.ts';

export interface ModelWishFlags {
  readonly dataDir: string;
  readonly machine?: string;
  readonly json?: boolean;
}

const done: Readonly<Record<OwnerWish, string>> = {
  load: 'is loading it, or has it loaded (metalyard status)',
  unload: 'unloads it as soon as it is idle',
  pin: 'keeps it loaded',
  unpin: 'unloads it for others when it must',
};

/** Exit status 1 when no machine does as it was told. */
export async function tellMachines(model: string, wish: OwnerWish, flags: ModelWishFlags): Promise<void> {
  const { record } = await runningGateway(flags.dataDir);
  const where = flags.machine === undefined ? {} : { machine: flags.machine };
  const answer = await postToGateway(record, `/metalyard/models/${encodeURIComponent(model)}`, { wish, ...where });
  if ('error' in answer) throw new CommandError(answer.error);
  // Ours, of the same version as this command.
  const { machines } = answer.body as { machines: readonly WishAnswer[] };
  const lines = machines.map(({ machine, declined }) => plainText(`${machine}: ${declined ?? `${done[wish]}.`}`));
  process.stdout.write(flags.json ? `${JSON.stringify(machines, null, 2)}\n` : `${lines.join('\n')}\n`);
  if (machines.every(({ declined }) => declined !== null)) process.exitCode = 1;
}

/** `metalyard models min`: on how many machines a model is to stay loaded; 0: where it is asked for. */
export async function setMinimum(model: string, machines: number, flags: ModelWishFlags): Promise<void> {
  const { record } = await runningGateway(flags.dataDir);
  const answer = await postToGateway(record, `/metalyard/models/${encodeURIComponent(model)}`, { minimum: machines });
  if ('error' in answer) throw new CommandError(answer.error);
  const { minimum } = answer.body as { minimum: MinimumView | null };
  if (flags.json) process.stdout.write(`${JSON.stringify({ model, machines, now: minimum }, null, 2)}\n`);
  else if (minimum === null)
    process.stdout.write(`${model} is loaded where it is asked for, and unloaded for others.\n`);
  else {
    const where = machines === 1 ? 'one machine' : `${machines} machines`;
    process.stdout.write(`${model} stays loaded on ${where} at least.\n${minimumsText([minimum])}`);
  }
}
