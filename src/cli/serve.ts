/** What `up` and `gateway` share: tell the person what is there, wait, drain, stop. */

import type { AvailableModel } from '../yard/view.ts';
import {
  type Connection,
  claudeCodeBlock,
  claudeCodeWarning,
  keyPlaceholder,
  requestSnippet,
  sdkSnippet,
  shippedModelNote,
} from './connect-text.ts';
import type { GatewayService } from './gateway-service.ts';
import { commandLine, version } from './package-files.ts';
import type { Screen } from './screen.ts';
import { aborted, type StopSignals } from './stop-signals.ts';

/** Running requests get this long to end after the first Ctrl-C, ms. */
const drainLimitMs = 10 * 60_000;

export function greet(service: GatewayService, screen: Screen): void {
  const { gateway, directory, firstKey, publicUrl, certificateFile, warning } = service;
  screen.write(`${screen.heading(`Metalyard ${version}`)} at ${gateway.url}\nData directory: ${directory.path}\n`);
  if (publicUrl !== undefined) {
    screen.write(
      `For other machines: ${publicUrl}\n` +
        (certificateFile === undefined
          ? ''
          : `Their clients must trust its certificate: NODE_EXTRA_CA_CERTS=<a copy of ${certificateFile}>\n`) +
        `To add a machine: ${commandLine('token create', directory.path)}\n`,
    );
  }
  if (warning !== null) screen.write(`\n${screen.heading('Mind:')} ${warning}\n`);
  if (firstKey !== null) {
    screen.write(
      `\n${screen.heading('Your first API key. It is shown only now, so keep it:')}\n\n  ${firstKey}\n\n` +
        `Another one: ${commandLine('keys create', directory.path)}\n`,
    );
  }
  screen.write('\n');
}

/** Shows how models load, and at the first ready one how to connect, until called off. */
function followModels({ gateway, directory, firstKey }: GatewayService, screen: Screen): () => void {
  let connected = false;
  const failed = new Set<string>();
  const show = (models: readonly AvailableModel[]): void => {
    for (const { id, failure, status } of models) {
      if (status !== 'failed') failed.delete(id);
      else if (!failed.has(id)) {
        failed.add(id);
        screen.settle();
        screen.write(`${id} cannot be served: ${failure?.message ?? 'no reason was given'}\n`);
      }
    }
    if (connected) return;
    const loading = models.find(({ status }) => status === 'loading');
    // One that is loaded when it is asked for will do, where nothing is being loaded.
    const ready =
      models.find(({ status }) => status === 'ready') ??
      (loading === undefined ? models.find(({ status }) => status === 'available') : undefined);
    if (ready !== undefined) {
      connected = true;
      screen.settle();
      screen.write(
        connectText({ url: gateway.url, key: firstKey ?? keyPlaceholder, model: ready }, directory.path, screen),
      );
    } else if (loading !== undefined) {
      screen.progress(`Loading ${loading.id} ...`, `${Math.floor((loading.loadFraction ?? 0) * 100)} %`);
    }
  };
  const stop = gateway.onModels(show);
  show(gateway.models());
  return () => {
    stop();
    screen.settle();
  };
}

/** How to connect, once there is a model to connect to. */
function connectText(
  connection: Connection & { readonly model: AvailableModel },
  dataDir: string,
  { heading }: Screen,
): string {
  const { model } = connection;
  const notes = [claudeCodeWarning(connection), shippedModelNote(connection)].filter((note) => note !== null);
  const parts = [
    `${heading('Ready:')} ${model.id}, window ${model.window} tokens, ${model.slots} requests at once${
      model.status === 'available' ? ' (loaded when it is asked for)' : ''
    }`,
    `${heading('Claude Code')}, from the shell you paste this into:\n${claudeCodeBlock(connection, process.platform)}`,
    ...notes,
    `${heading('Anthropic SDK')} (TypeScript):\n${sdkSnippet(connection)}`,
    `${heading(process.platform === 'win32' ? 'PowerShell' : 'curl')}:\n${requestSnippet(connection, process.platform)}`,
  ];
  if (connection.key === keyPlaceholder) {
    parts.push(`${keyPlaceholder} is the API key you kept. Lost it? ${commandLine('keys create', dataDir)}`);
  }
  parts.push('Ctrl-C stops once running requests have ended. Each request is one line below.');
  return `${parts.join('\n\n')}\n\n`;
}

/** Shows what goes on; resolves when it is time to close: asked to and drained, or asked twice. */
export async function serveUntilStopped(service: GatewayService, screen: Screen, signals: StopSignals): Promise<void> {
  const { gateway } = service;
  const unfollow = followModels(service, screen);
  await aborted(signals.drain);
  unfollow();
  const running = gateway.activeRequests;
  if (running > 0) {
    screen.write(
      `\nStopping: ${running} ${running === 1 ? 'request is' : 'requests are'} still running, new ones are refused.\n` +
        'Ctrl-C again stops at once.\n',
    );
  }
  const limit = setTimeout(() => signals.stopNow(), drainLimitMs);
  await Promise.race([gateway.drain(), aborted(signals.now)]);
  clearTimeout(limit);
  if (gateway.activeRequests > 0) screen.write(`Cutting off ${gateway.activeRequests} running.\n`);
  service.goQuiet();
}
