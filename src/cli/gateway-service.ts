/** A gateway with all it stands on: data directory, store, log, `gateway.json`, the first key. */
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { type DataDirectory, openDataDirectory, requireWritable } from '../transport/data-directory.ts';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import { type Log, type LogTerminal, openLog } from '../transport/log/log.ts';
import { openStore, type Store, StoreInUseError } from '../transport/store/store.ts';
import { CommandError } from './command-error.ts';
import {
  askGateway,
  newAdminToken,
  readGatewayRecord,
  removeGatewayRecord,
  writeGatewayRecord,
} from './gateway-record.ts';
import { commandLine, version } from './package-files.ts';
import { chooseReach, type ReachFlags } from './reach.ts';
import type { Screen } from './screen.ts';

export interface GatewayServiceOptions extends ReachFlags {
  readonly dataDir: string;
  readonly port: number;
  /** Name of this machine. */
  readonly name: string;
}

export interface GatewayService {
  readonly gateway: Gateway;
  readonly log: Log;
  readonly directory: DataDirectory;
  /** The key made at the very first start; null later. */
  readonly firstKey: string | null;
  /** Address for other machines, when they can reach it. */
  readonly publicUrl: string | undefined;
  /** What their clients must be told to trust. */
  readonly certificateFile: string | undefined;
  /** What the person at the terminal must know. */
  readonly warning: string | null;
  /** Machines leave now, as they should: the file hears of it, the person need not. */
  goQuiet(): void;
  close(): Promise<void>;
}

export async function startGatewayService(options: GatewayServiceOptions, screen: Screen): Promise<GatewayService> {
  const directory = openDataDirectory(options.dataDir);
  requireWritable(directory);
  const { reach, hostNames, publicName, isAnywhere, warning } = await chooseReach(options, directory);
  const store = await openStore(directory.path, {
    onLedgerFailure: (message) => log.error(message),
  }).catch(async (error: unknown) => {
    throw error instanceof StoreInUseError ? new CommandError(await alreadyRunning(directory)) : error;
  });
  // The person reads a greeting at the start; the file gets a record of it.
  const terminal: LogTerminal = { write: screen.write, colour: screen.colour, lowest: 'warn' };
  const log = openLog({
    process: 'gateway',
    directory: directory.logs,
    terminal,
    keyLabel: (keyId) => store.keys.label(keyId),
    machineName: (machineId) => store.machines.name(machineId),
  });
  try {
    const adminToken = newAdminToken();
    const gateway = await startGateway({
      store,
      log,
      host: options.listen,
      port: options.port,
      reach,
      hostNames,
      publicName,
      version,
      adminToken,
    }).catch((error: unknown) => {
      throw listenFailure(error, options);
    });
    // An agent of this data directory may link: both belong to the same owner.
    const { machineId, publicKey } = loadMachineIdentity(directory.machineKey);
    await store.machines.approve({ machineId, publicKey, name: options.name });
    const firstKey = await makeFirstKey(store);
    log.info('gateway started', { url: gateway.url, version, epoch: store.epoch });
    terminal.lowest = 'info';
    const { publicUrl } = gateway;
    writeGatewayRecord(directory.gatewayRecord, {
      pid: process.pid,
      url: gateway.url,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...(isAnywhere ? { isAnywhere } : {}),
      ...(reach.kind === 'tls' ? { showsOwnCertificate: true } : {}),
      adminToken,
      version,
    });
    return {
      gateway,
      log,
      directory,
      firstKey,
      publicUrl,
      certificateFile: reach.kind === 'tls' ? directory.certificate : undefined,
      warning,
      goQuiet() {
        terminal.lowest = 'error';
      },
      async close() {
        removeGatewayRecord(directory.gatewayRecord);
        await gateway.close();
        await store.close();
        terminal.lowest = 'error';
        log.info('gateway stopped');
        log.close();
      },
    };
  } catch (error) {
    await store.close();
    log.close();
    throw error;
  }
}

async function makeFirstKey(store: Store): Promise<string | null> {
  if ((await store.keys.list()).length > 0) return null;
  return (await store.keys.create('first')).secret;
}

async function alreadyRunning({ path, gatewayRecord }: DataDirectory): Promise<string> {
  const record = readGatewayRecord(gatewayRecord);
  const answering = record !== undefined && (await askGateway(record)) !== undefined;
  return answering
    ? `A gateway of this data directory is running already: ${record.url} (process ${record.pid}). ` +
        `Use that one, or stop it with Ctrl-C in its terminal. "${commandLine('status', path)}" tells what it does.`
    : `Another process is using the data directory ${path} as its gateway. End it, or name another with --data-dir.`;
}

function listenFailure(error: unknown, { listen, port }: GatewayServiceOptions): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new CommandError(
      `Port ${port} on ${listen} is taken by another program. Choose another: --port ${port === 65_535 ? port - 1 : port + 1}`,
    );
  }
  if (code === 'EACCES') {
    return new CommandError(
      `This user may not listen on port ${port}. Choose one above 1023: --port ${port < 1024 ? port + 8000 : 8787}`,
    );
  }
  if (code === 'EADDRNOTAVAIL')
    return new CommandError(`This machine has no address ${listen}. Use --listen 127.0.0.1.`);
  return error;
}
