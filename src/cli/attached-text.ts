/** What `metalyard status` says of models at servers that run already. */
import type { MachineModel } from '../contract/link/messages.ts';
import { serverKinds } from '../engines/attached/server-kinds.ts';
import { plainText } from './plain-text.ts';

const windows = {
  loaded: 'as loaded',
  owner: 'as you wished',
  chosen: 'as it will be loaded',
  assumed: 'assumed: the server tells none, set #window=',
} as const;

/** What the numbers of attached models are worth, and what they were seen to do; '' where there are none. */
export function attachedText(
  machines: readonly { readonly name: string; readonly models: readonly MachineModel[] }[],
): string {
  const lines = machines.flatMap(({ name, models }) =>
    models.flatMap((model) => attachedLines(plainText(name), model)),
  );
  return lines.length === 0 ? '' : `\nAttached servers:\n${lines.map((line) => `${line}\n`).join('')}`;
}

function attachedLines(machine: string, { id, attached, artefact }: MachineModel): string[] {
  if (attached === undefined) return [];
  const { server, loaded, counting, windowFrom, probe = {} } = attached;
  const found = Object.entries(probe).map(([capability, verdict]) => `${capability} ${verdict}`);
  return [
    `  ${id} on ${machine}: ${server}, ${loaded ? 'loaded' : 'not loaded'}; window ${windows[windowFrom]}; counts ${counting}`,
    `    ${found.length === 0 ? 'not tried out' : found.join(', ')}`,
    ...(keepsKeysApart(artefact?.format) ? [] : ['    what it holds of prompts is shared by all API keys']),
  ];
}

/** Whether that kind of server can be told whose prompt it is. */
const keepsKeysApart = (format: string | undefined): boolean =>
  serverKinds.some(({ id, dialect }) => id === format && dialect.scopeField !== null);
