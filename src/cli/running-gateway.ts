/** The running gateway of a data directory and a model it can serve, or what is missing and what to do. */
import type { MachineModel } from '../contract/link/messages.ts';
import { type DataDirectory, openDataDirectory } from '../transport/data-directory.ts';
import { CommandError } from './command-error.ts';
import {
  type GatewayRecord,
  type GatewayStatus,
  inquireOfGateway,
  readGatewayRecord,
  statusPath,
} from './gateway-record.ts';
import { commandLine } from './package-files.ts';

export interface RunningGateway {
  readonly directory: DataDirectory;
  readonly record: GatewayRecord;
  readonly status: GatewayStatus;
}

export async function runningGateway(dataDir: string): Promise<RunningGateway> {
  const directory = openDataDirectory(dataDir);
  const record = readGatewayRecord(directory.gatewayRecord);
  const inquiry = record === undefined ? undefined : await inquireOfGateway(record, statusPath);
  if (inquiry?.kind === 'odd') throw new CommandError(inquiry.says);
  if (record === undefined || inquiry?.kind !== 'answer') {
    throw new CommandError(
      `No gateway of the data directory ${directory.path} is running. Start one: ${commandLine('up', directory.path)}`,
    );
  }
  // Ours, of the same version as this command.
  return { directory, record, status: inquiry.body as GatewayStatus };
}

/** The model of that name, or the first that is ready; else the first that is loaded when it is asked for. */
export function readyModel(models: readonly MachineModel[], dataDir: string, name?: string): MachineModel {
  const candidates = name === undefined ? models : models.filter(({ id }) => id === name);
  const ready = candidates.find(({ status }) => status === 'ready');
  if (ready !== undefined) return ready;
  if (name !== undefined && candidates.length === 0 && models.length > 0) {
    throw new CommandError(`No machine serves ${name}. There is: ${models.map(({ id }) => id).join(', ')}`);
  }
  const available = candidates.find(({ status }) => status === 'available');
  if (available !== undefined) return available;
  const loading = candidates.find(({ status }) => status === 'loading');
  if (loading !== undefined) {
    const percent = Math.floor((loading.loadFraction ?? 0) * 100);
    throw new CommandError(
      `${loading.id} is still loading (${percent} %). Try again when it is ready: ${commandLine('status', dataDir)}`,
    );
  }
  const [failed] = candidates;
  throw new CommandError(
    failed === undefined
      ? `The gateway runs, but no machine serves a model. Start one: ${commandLine('agent', dataDir)}`
      : `${failed.id} cannot be served: ${failed.failure?.message ?? 'no reason was given'}`,
  );
}
