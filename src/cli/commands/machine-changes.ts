/** `metalyard machines approve|drain|resume|rm|rename|label`: through the running gateway, which acts at once. */
import type { MachineChange } from '../../gateway/machine-admin.ts';
import type { Machine } from '../../transport/store/store.ts';
import { CommandError } from '../command-error.ts';
import { postToGateway } from '../gateway-record.ts';
import { plainText } from '../plain-text.ts';
import { runningGateway } from '../running-gateway.ts';

export interface MachineFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

export async function changeMachine(machine: string, change: MachineChange, flags: MachineFlags): Promise<void> {
  const { record } = await runningGateway(flags.dataDir);
  const answer = await postToGateway(record, `/metalyard/machines/${encodeURIComponent(machine)}`, change);
  if ('error' in answer) throw new CommandError(answer.error);
  // Ours, of the same version as this command.
  const changed = answer.body as Machine;
  process.stdout.write(
    flags.json ? `${JSON.stringify(changed, null, 2)}\n` : `${plainText(sentence(changed, change))}\n`,
  );
}

function sentence({ name, labels }: Machine, change: MachineChange): string {
  switch (change.kind) {
    case 'approve':
      return `${name} is let in: it links within some seconds.`;
    case 'drain':
      return `${name} gets no new work. What it has ends.`;
    case 'resume':
      return `${name} works again.`;
    case 'remove':
      return `${name} is removed: its session has ended, and it is let in no more.`;
    case 'rename':
      return `It is called ${name} now.`;
    case 'label':
      return labels.length === 0 ? `${name} has no labels.` : `${name} has the labels ${labels.join(', ')}.`;
    default:
      return change satisfies never;
  }
}
