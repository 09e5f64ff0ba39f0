/** The table of what was seen: a row per capability, a column per client. */
import { allStories, type CapabilityName } from './all-stories.ts';
import type { Client } from './client.ts';
import type { Way } from './story.ts';

export interface Cell {
  readonly capability: CapabilityName;
  readonly client: Client;
  readonly way: Way;
  /** Null until it has run. */
  passed: boolean | null;
}

const notExpressible = 'not expressible';

export function tableText(clients: readonly Client[], cells: readonly Cell[]): string {
  const names = Object.keys(allStories) as CapabilityName[];
  const rows = names.map((capability) => [
    capability,
    ...clients.map((client) => {
      const own = cells.filter((cell) => cell.client === client && cell.capability === capability);
      return own.length === 0 ? notExpressible : own.map(cellText).join(', ');
    }),
  ]);
  const all = [['capability', ...clients.map(({ name }) => name)], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const reasons = clients.flatMap((client) =>
    Object.entries(client.notExpressible).map(
      ([name, why]) => `${notExpressible} with ${client.name}: ${name}: ${why}`,
    ),
  );
  const passed = cells.filter((cell) => cell.passed === true).length;
  return ['', ...lines, '', ...reasons, `${passed} of ${cells.length} cells passed`].join('\n');
}

function cellText({ way, passed }: Cell): string {
  const text = way === 'once' ? 'yes' : way;
  return passed === true ? text : `${passed === null ? 'NOT RUN' : 'FAILED'} (${way})`;
}
