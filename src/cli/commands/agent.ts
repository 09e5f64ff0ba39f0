/** `metalyard agent`: serves a model of this machine to a gateway. */

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent } from '../../agent/agent.ts';
import { type ModelFile, modelFiles } from '../../agent/model-files.ts';
import { type AttachWishes, readAttachFlag } from '../../engines/attached/attach-target.ts';
import { nowMs } from '../../transport/clock.ts';
import { type DataDirectory, openDataDirectory, requireWritable } from '../../transport/data-directory.ts';
import { loadMachineIdentity } from '../../transport/identity/machine-identity.ts';
import { openLog } from '../../transport/log/log.ts';
import { pause } from '../../transport/pause.ts';
import { takeProcessLock } from '../../transport/process-lock.ts';
import { proxyComplaint } from '../../transport/tls/proxy-settings.ts';
import { CommandError } from '../command-error.ts';
import { readGatewayRecord } from '../gateway-record.ts';
import { readJoinedGateway } from '../joined-gateway.ts';
import { shippedModel, version } from '../package-files.ts';
import { plainText } from '../plain-text.ts';
import { openScreen } from '../screen.ts';
import { aborted, listenForStopSignals } from '../stop-signals.ts';

export interface AgentFlags {
  readonly dataDir: string;
  /** Base URL; without it the gateway of the data directory. */
  readonly gateway?: string;
  readonly name: string;
  /** GGUF files; otherwise, without `models` and `attach`, the shipped model. */
  readonly model?: readonly string[];
  /** A folder of GGUF files. */
  readonly models?: string;
  readonly preload?: readonly string[];
  /** Bytes. */
  readonly memory?: number;
  /** Minutes. */
  readonly unloadAfter?: number;
  readonly attach?: string;
  readonly contextWindow?: number;
  readonly slots?: number;
  readonly threads?: number;
  readonly engineProgram?: string;
}

const defaultGatewayUrl = 'http://127.0.0.1:8787';

export async function agent(flags: AgentFlags): Promise<void> {
  const models = modelsToServe(flags);
  const attach = readAttach(flags.attach);
  // Under `metalyard up` the parent speaks to the person; only problems are shown from here.
  const underParent = process.connected === true;
  const screen = openScreen();
  const directory = openDataDirectory(flags.dataDir);
  requireWritable(directory);
  const joined = flags.gateway === undefined ? readJoinedGateway(directory.joinedGateway) : undefined;
  const gatewayUrl = checkGatewayUrl(
    flags.gateway ?? joined?.url ?? readGatewayRecord(directory.gatewayRecord)?.url ?? defaultGatewayUrl,
  );
  const signals = listenForStopSignals();
  const unlock = await lockMachine(directory, underParent ? handoverMs : 0, signals.drain);
  const log = openLog({
    process: 'agent',
    directory: directory.logs,
    terminal: { write: screen.write, colour: screen.colour, lowest: underParent ? 'warn' : 'info' },
  });
  const complaint = gatewayUrl.startsWith('https:') ? proxyComplaint(process.env) : null;
  if (complaint !== null) log.warn(complaint);
  const identity = loadMachineIdentity(directory.machineKey);
  if (!underParent) {
    const name = plainText(joined?.name ?? flags.name);
    screen.write(`${screen.heading(`Metalyard agent ${version}`)}, machine ${name} (${identity.machineId})\n`);
    screen.write(`Gateway: ${gatewayUrl}\n\n`);
  }
  const running = startAgent({
    gatewayUrl,
    trust: joined ?? {},
    ...(joined?.gatewayId === undefined ? {} : { gatewayId: joined.gatewayId }),
    identity,
    name: flags.name,
    version,
    log,
    models,
    ...(flags.preload === undefined ? {} : { preload: flags.preload }),
    ...(flags.memory === undefined ? {} : { memoryBytes: flags.memory }),
    ...(flags.unloadAfter === undefined ? {} : { unloadAfterMs: flags.unloadAfter * 60_000 }),
    passFile: join(directory.path, 'link-pass.json'),
    pinsFile: join(directory.path, 'model-pins.json'),
    historyFile: join(directory.path, 'engine-history.json'),
    ...(attach === undefined
      ? {}
      : {
          attach,
          probesFile: join(directory.path, 'attached-probes.json'),
          loadsFile: join(directory.path, 'attached-loads.json'),
        }),
    ...(flags.contextWindow === undefined ? {} : { contextWindow: flags.contextWindow }),
    ...(flags.slots === undefined ? {} : { slots: flags.slots }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.engineProgram === undefined ? {} : { engineProgram: flags.engineProgram }),
  });
  try {
    if (underParent) {
      // Ctrl-C reaches every process of the terminal; the parent alone decides what it means. It
      // tells by closing the channel, which happens as well when it dies.
      await new Promise<void>((resolve) => (process.connected ? process.once('disconnect', resolve) : resolve()));
    } else {
      await aborted(signals.drain);
      screen.write('\nStopping when running requests have ended. Ctrl-C again stops at once.\n');
      await Promise.race([running.drain(), aborted(signals.now)]);
    }
  } finally {
    await running.close();
    log.close();
    signals.release();
    unlock();
  }
}

/** The agent of a `metalyard up` that was killed needs this long at most to notice and to end its engine, ms. */
const handoverMs = 10_000;

/** Two agents with one machine key would push each other off the gateway for ever. */
async function lockMachine({ path, agentLock }: DataDirectory, waitMs: number, stop: AbortSignal): Promise<() => void> {
  const untilMs = nowMs() + waitMs;
  for (;;) {
    const unlock = takeProcessLock(agentLock);
    if (unlock !== null) return unlock;
    if (stop.aborted || nowMs() >= untilMs) {
      throw new CommandError(
        `An agent of the data directory ${path} is running already, maybe under "metalyard up". End that one first: ` +
          'two with the same machine key would push each other off the gateway.',
      );
    }
    await pause(100, stop);
  }
}

/** The model files to serve, checked; none where only servers are attached. */
export function modelsToServe({
  model,
  models,
  attach,
}: Pick<AgentFlags, 'model' | 'models' | 'attach'>): readonly ModelFile[] {
  const isShipped = model === undefined && models === undefined && attach === undefined;
  const named = model ?? (isShipped ? [shippedModel] : []);
  for (const path of named) checkModel(path);
  try {
    const files = modelFiles(named, models);
    if (files.length > 0 || models === undefined || attach !== undefined) return files;
  } catch (error) {
    throw new CommandError(`The folder ${models} cannot be read (${(error as Error).message}). --models FOLDER`);
  }
  throw new CommandError(
    `There is no GGUF file in the folder ${models}. Put one there, or name another: --models FOLDER`,
  );
}

/** Reads `--attach`, and the keys it names. */
export function readAttach(text: string | undefined): AttachWishes | undefined {
  if (text === undefined) return undefined;
  const secrets = { env: (name: string) => process.env[name], file: (path: string) => readFileSync(path, 'utf8') };
  try {
    return readAttachFlag(text, secrets);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** Fails early, with the path, when there is no such model file. */
function checkModel(path: string): void {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isFile()) return;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be read by this user' : 'does not exist';
    throw new CommandError(`The model file ${path} ${why}. Name a GGUF file: --model PATH`);
  }
  throw new CommandError(`${path} is not a file. Name a GGUF file: --model PATH`);
}

function checkGatewayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return text;
  if (url?.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)) return text;
  throw new CommandError(
    url?.protocol === 'http:'
      ? `--gateway ${text} would send prompts unencrypted to another machine. Use an https:// address.`
      : `--gateway ${text} is not an address such as ${defaultGatewayUrl}.`,
  );
}
