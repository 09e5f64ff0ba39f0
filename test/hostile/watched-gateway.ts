/**
 * The gateway as a program of its own, watched from inside: how long its event loop was busy at a
 * stretch, and how much memory it took. Commands and figures go over the IPC channel of `fork`.
 *
 * Busy time is measured in CPU time of the main thread, which is the same on a busy machine; wall
 * time is reported beside it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EdgeLimits } from '../../src/gateway/http/server.ts';
import { openLog, silentLog } from '../../src/transport/log/log.ts';
import { type Certificate, loadCertificate } from '../../src/transport/tls/certificate.ts';
import { startTestYard } from '../support/test-yard.ts';

export interface WatchedOptions {
  readonly edgeLimits?: Partial<EdgeLimits>;
  /** Machines link by TLS; clients of this computer do without. */
  readonly withTls?: boolean;
  /** Folder for the gateway's log. */
  readonly logDirectory?: string;
}

export interface GatewayFigures {
  /** The longest stretch without a look at the next event, CPU ms of the main thread. */
  readonly busyMs: number;
  /** The same by the wall, ms: other programs on the computer count. */
  readonly lagMs: number;
  /** What the whole process has worked since the last `reset`, all its threads together, CPU ms. */
  readonly workedMs: number;
  /** The most memory since the last `reset`. */
  readonly rssBytes: number;
  readonly activeRequests: number;
  /** Names that were added to Object.prototype. */
  readonly pollution: readonly string[];
}

export type ToGateway =
  | { readonly type: 'approve'; readonly machineId: string; readonly publicKey: string; readonly name: string }
  | { readonly type: 'figures' }
  | { readonly type: 'reset' };

export type FromGateway =
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly key: string;
      readonly adminToken: string;
      readonly directory: string;
      /** PEM of its own, with `withTls`. */
      readonly certificate?: string;
    }
  | { readonly type: 'done' }
  | { readonly type: 'figures'; readonly figures: GatewayFigures };

/** How often the loop is looked at, ms: the precision of `busyMs`. */
const lookMs = 5;

const options: WatchedOptions = JSON.parse(process.argv[2] ?? '{}');
const { edgeLimits, logDirectory, withTls } = options;
const certificate = withTls ? await makeCertificate() : undefined;
const yard = await startTestYard({
  log: logDirectory === undefined ? silentLog : openLog({ process: 'gateway', directory: logDirectory }),
  ...(edgeLimits === undefined ? {} : { edgeLimits }),
  ...(certificate === undefined ? {} : { reach: { kind: 'tls', certificate, plainOnPrivateNetworks: false } }),
});

const delay = monitorEventLoopDelay({ resolution: lookMs });
delay.enable();
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
let busyMs = 0;
let usedBefore = process.cpuUsage();
let rssBytes = 0;
let lookedAtCpuMs = cpuMs();
setInterval(() => {
  const now = cpuMs();
  busyMs = Math.max(busyMs, now - lookedAtCpuMs);
  lookedAtCpuMs = now;
}, lookMs);
setInterval(() => {
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
}, 20);

/** For this run alone. */
async function makeCertificate(): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'metalyard-certificate-'));
  const made = await loadCertificate({ key: join(folder, 'key.pem'), certificate: join(folder, 'pem') }, ['127.0.0.1']);
  rmSync(folder, { recursive: true });
  return made;
}

const say = (message: FromGateway): void => void process.send?.(message);
process.on('message', async (message: ToGateway) => {
  switch (message.type) {
    case 'approve': {
      const { machineId, publicKey, name } = message;
      await yard.store.machines.approve({ machineId, publicKey, name });
      return say({ type: 'done' });
    }
    case 'reset':
      busyMs = 0;
      usedBefore = process.cpuUsage();
      lookedAtCpuMs = cpuMs();
      rssBytes = process.memoryUsage.rss();
      delay.reset();
      return say({ type: 'done' });
    case 'figures': {
      const used = process.cpuUsage(usedBefore);
      return say({
        type: 'figures',
        figures: {
          busyMs,
          lagMs: delay.max / 1e6,
          workedMs: (used.user + used.system) / 1_000,
          rssBytes,
          activeRequests: yard.gateway.activeRequests,
          pollution: Object.keys(Object.prototype),
        },
      });
    }
  }
});
process.on('disconnect', async () => {
  await yard[Symbol.asyncDispose]();
  process.exit(0);
});
const { gateway, key, adminToken, directory } = yard;
const pem = certificate === undefined ? {} : { certificate: certificate.certificate };
say({ type: 'ready', url: gateway.url, key, adminToken, directory, ...pem });
