/**
 * Facts about Metalyard itself on this machine: its files, its port, its engine builds. They are
 * doctor's own because probes know nothing of Metalyard. What only a running agent can tell is unknown here.
 */
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { type Fact, known, knownValue, unknown } from '../../contract/machine/fact.ts';
import type { Disk, FactName, Facts } from '../../contract/machine/facts.ts';
import { installedBuilds } from '../../engines/embedded/installed-builds.ts';
import type { KnownMachine } from '../../gateway/machine-facts.ts';
import { dataFiles } from '../../transport/data-directory.ts';
import { loadMachineIdentity } from '../../transport/identity/machine-identity.ts';
import { askGateway, getFromGateway, readGatewayRecord } from '../gateway-record.ts';
import { readJoinedGateway } from '../joined-gateway.ts';
import { gatewayFacts } from './gateway-facts.ts';

export interface OwnFactsOptions {
  readonly dataDir: string;
  /** The port a gateway would listen on. */
  readonly port: number;
}

const forAgents: readonly FactName[] = [
  'engine.backend',
  'engine.gpu_layers',
  'engine.tokens_per_s',
  'engine.speed_ratio',
  'engine.speed_basis',
  'engine.first_load_ms',
  'engine.later_load_ms',
  'engine.last_good_driver',
  'clock.offset_ms',
  'network.websocket',
  'network.tls_intercepted_by',
];
/** What is counted over a while. */
const forAgentsOfMacs: readonly FactName[] = ['memory.swapped_out_30s'];

/** `facts` are those of the probes: the disks are looked up in them. */
export async function ownFacts({ dataDir, port }: OwnFactsOptions, facts: Facts): Promise<Facts> {
  const told = await toldByAgent(dataDir);
  const isMac = knownValue(facts['os.family']) === 'macos';
  const agents = [...forAgents, ...(isMac ? forAgentsOfMacs : [])].map((name) => [
    name,
    told?.[name] ?? unknown('not-probed', unknownTo(told)),
  ]);
  return {
    ...Object.fromEntries(agents),
    ...(await wayToGateway(dataDir)),
    'engine.builds': known(installedBuilds(), 'packages of node-llama-cpp'),
    'metalyard.port': known(port, '--port'),
    'metalyard.port_taken_by': await portTakenBy(port, dataDir),
    'disk.data_writable': dataWritable(resolve(dataDir)),
    'metalyard.data_directory_filesystem': fileSystemOf(resolve(dataDir), knownValue(facts['disk.all'])),
  };
}

/** Of a machine that has joined another's gateway. */
async function wayToGateway(dataDir: string): Promise<Facts> {
  const joined = readJoinedGateway(dataFiles(dataDir).joinedGateway);
  return joined === undefined ? {} : gatewayFacts(joined);
}

/** Why there is nothing: no agent runs, or this one does not tell. */
const unknownTo = (told: Facts | undefined): string =>
  told === undefined ? 'only a running agent can tell' : 'the running agent does not tell';

/** What the agent of the data directory told its gateway; undefined when none runs. */
async function toldByAgent(dataDir: string): Promise<Facts | undefined> {
  const { gatewayRecord, machineKey } = dataFiles(dataDir);
  const record = readGatewayRecord(gatewayRecord);
  // A key is made where there is none, which is not doctor's to do.
  if (record === undefined || !existsSync(machineKey)) return undefined;
  // Ours, of the same version as this command.
  const answer = (await getFromGateway(record, '/metalyard/machines/facts')) as
    | { machines: readonly KnownMachine[] }
    | undefined;
  const { machineId } = loadMachineIdentity(machineKey);
  return answer?.machines.find((machine) => machine.machineId === machineId)?.facts;
}

/** Asks whether anything answers there, and leaves again; a port of our own gateway is not taken. */
async function portTakenBy(port: number, dataDir: string): Promise<Fact<string>> {
  const source = `connection to 127.0.0.1:${port}`;
  const answered = await new Promise<boolean | undefined>((done) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const end = (answer: boolean | undefined): void => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? false : undefined));
  });
  if (answered === undefined) return unknown('timeout', 'the port neither answers nor refuses', source);
  if (!answered) return known('', source);
  const record = readGatewayRecord(dataFiles(dataDir).gatewayRecord);
  const ours = record !== undefined && Number(new URL(record.url).port) === port;
  if (ours && (await askGateway(record)) !== undefined) return known('', source);
  return known((await isMetalyard(port)) ? 'a Metalyard gateway of another data directory' : 'another program', source);
}

/** A gateway refuses its status by an error of ours to whoever has no token. */
async function isMetalyard(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metalyard/status`, {
      redirect: 'error',
      signal: AbortSignal.timeout(2_000),
    });
    const body = await response.text();
    return response.status === 401 && body.includes('"error_code":"authentication"');
  } catch {
    return false;
  }
}

/** A real write where the directory exists: rights alone do not tell what Windows lets a program do. */
function dataWritable(directory: string): Fact<boolean> {
  if (!existsSync(directory)) {
    let above = dirname(directory);
    while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
    return known(mayWrite(above), `rights of the directory above ${directory}`);
  }
  const file = join(directory, `.doctor-${process.pid}`);
  try {
    writeFileSync(file, '', { mode: 0o600 });
    rmSync(file);
    return known(true, `a file written in ${directory}`);
  } catch {
    return known(false, `a file written in ${directory}`);
  }
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Exported for its test. The mount with the longest path in front is the one. */
export function fileSystemOf(path: string, disks: readonly Disk[] | undefined): Fact<string> {
  const holds = ({ mount }: Disk): boolean =>
    path === mount || path.startsWith(mount.endsWith('/') || mount.endsWith('\\') ? mount : `${mount}/`);
  const [nearest] = (disks ?? []).filter(holds).sort((a, b) => b.mount.length - a.mount.length);
  return nearest === undefined
    ? unknown('absent', 'no mount of the list of disks holds the data directory')
    : known(nearest.filesystem, 'the list of disks');
}
