/** `metalyard status`: what the running gateway of this data directory is doing. */
import type { MachineModel } from '../../contract/link/messages.ts';
import { harm } from '../../landmines/index.ts';
import { attachedText } from '../attached-text.ts';
import type { GatewayRecord, GatewayStatus } from '../gateway-record.ts';
import { commandLine } from '../package-files.ts';
import { runningGateway } from '../running-gateway.ts';
import { table } from '../table.ts';

export async function status(flags: { readonly dataDir: string; readonly json?: boolean }): Promise<void> {
  const { directory, record, status: answer } = await runningGateway(flags.dataDir);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ url: record.url, pid: record.pid, ...answer }, null, 2)}\n`
      : statusText(record, directory.path, answer),
  );
}

/** Exported for its test. */
export function statusText(
  { url, pid }: Pick<GatewayRecord, 'url' | 'pid'>,
  dataDir: string,
  { gateway, machines, findings, requests, queues, health }: GatewayStatus,
): string {
  const head =
    `Metalyard ${gateway.version} at ${url} (process ${pid}), up ${duration(gateway.uptimeMs)}` +
    `${gateway.draining ? ', draining' : ''}\n` +
    `Requests in hand: ${requests.active}\n${faultText(health)}\n`;
  if (machines.length === 0) return `${head}No machine is connected. Start one: ${commandLine('agent', dataDir)}\n`;
  const rows = machines.flatMap(({ name, draining, held, models }) => {
    const machine = draining ? `${name} (draining)` : held ? `${name} (drained)` : name;
    if (models.length === 0) return [[machine, '-', '-', '-', '-']];
    return models.map((model) => [
      machine,
      model.id,
      stateText(model),
      model.window > 0 ? String(model.window) : '-',
      `${model.busySlots} of ${model.slots}`,
    ]);
  });
  const failures = machines
    .flatMap(({ models }) => models)
    .flatMap(({ id, failure }) => (failure === undefined ? [] : [`\n${id} cannot be served: ${failure.message}\n`]));
  const pressed = machines.flatMap(({ name, pressed: why }) =>
    why === null ? [] : [`\n${name} takes no requests for want of memory: ${why}.\n`],
  );
  const links = machines.flatMap(({ name, link }) => linkTexts(name, link));
  const doubts = machines.flatMap(({ name, doubts: why }) =>
    why === null ? [] : [`\nOther machines are preferred to ${name}: ${why}.\n`],
  );
  const wrong = findings
    .filter(({ severity, causedBy }) => severity !== 'notes' && causedBy === undefined)
    .sort((a, b) => harm(a.severity) - harm(b.severity))
    .map(({ name, severity, title, code }) => [name, severity, title, code]);
  const trouble =
    wrong.length === 0
      ? ''
      : `\n${table(['machine', 'harm', 'finding', 'code'], wrong)}More: ${commandLine('machines show MACHINE', dataDir)}\n`;
  const served = table(['machine', 'model', 'state', 'window', 'busy'], rows);
  return (
    head +
    served +
    queuesText(queues) +
    attachedText(machines) +
    [...failures, ...pressed, ...doubts, ...links].join('') +
    trouble
  );
}

/** Who waits, and for about how long. */
function queuesText(queues: GatewayStatus['queues']): string {
  if (queues.length === 0) return '';
  const rows = queues.map(({ model, waiting, firstMs, lastMs, longestMs }) => {
    const classes = Object.entries(waiting).filter(([, count]) => count > 0);
    const many = classes.map(([name, count]) => (name === 'interactive' ? `${count}` : `${count} ${name}`)).join(', ');
    return [model, many, etaText(firstMs), etaText(lastMs), duration(longestMs)];
  });
  return `\n${table(['waited for', 'requests', 'the next has its turn', 'the last', 'longest wait so far'], rows)}`;
}

const etaText = (ms: number | null): string =>
  ms === null ? 'not known yet' : `in about ${duration(Math.ceil(ms / 1_000) * 1_000)}`;

function stateText({ status, loadFraction, room, pinned, kept, givesWay }: MachineModel): string {
  if (status === 'loading') return `loading ${Math.floor((loadFraction ?? 0) * 100)} %`;
  if (status === 'available') return room === 'taken' ? 'on disk (others would have to go)' : 'on disk';
  return [
    status,
    ...(pinned === true ? ['pinned'] : []),
    ...(kept === true ? ['kept'] : []),
    ...(givesWay === true ? ['giving way'] : []),
  ].join(', ');
}

function faultText({ broken, lastBroken }: GatewayStatus['health']): string {
  if (broken === 0) return '';
  return `The gateway has found itself in contradiction ${broken} times, which is a fault of ours (last: ${lastBroken}). Please report it.\n`;
}

function linkTexts(name: string, link: GatewayStatus['machines'][number]['link']): string[] {
  const texts: string[] = [];
  if (link?.way === 'http')
    texts.push(`\n${name} is linked by plain HTTP requests: its network lets no WebSocket through.\n`);
  if (link !== null && link.unknownMessages > 0) {
    texts.push(
      `\n${name} (agent ${link.agentVersion}) sent ${link.unknownMessages} messages that this gateway does not know: update the gateway.\n`,
    );
  }
  return texts;
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
