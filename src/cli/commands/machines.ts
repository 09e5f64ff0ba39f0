/** `metalyard machines ls|show`: every machine of the yard, what is known of it and what is wrong with it. */
import type { MachineModel } from '../../contract/link/messages.ts';
import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts, Gpu } from '../../contract/machine/facts.ts';
import type { KnownMachine } from '../../gateway/machine-facts.ts';
import { checkAll, findingsOf } from '../../landmines/index.ts';
import type { Machine } from '../../transport/store/store.ts';
import { CommandError } from '../command-error.ts';
import { factsText, valueText } from '../fact-text.ts';
import { type GatewayStatus, getFromGateway } from '../gateway-record.ts';
import { loadTimeCells } from '../load-times-text.ts';
import { commandLine } from '../package-files.ts';
import { plainText } from '../plain-text.ts';
import { runningGateway } from '../running-gateway.ts';
import { table } from '../table.ts';

export interface MachinesFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

interface Listed {
  readonly machineId: string;
  readonly name: string;
  /** `live`, `suspect`, `lost`: how its link is; else its standing, or that it is away. */
  readonly state: string;
  readonly labels: readonly string[];
  readonly models: readonly string[];
  /** The same, as its agent reports them. */
  readonly reports: readonly MachineModel[];
  readonly known?: KnownMachine;
}

export async function listMachines(flags: MachinesFlags): Promise<void> {
  const { machines, directory } = await askForMachines(flags.dataDir);
  if (flags.json)
    return printJson(machines.map(({ known, reports, ...machine }) => ({ ...machine, ...summaryOf(known?.facts) })));
  process.stdout.write(machinesText(machines, directory));
}

export async function showMachine(wanted: string | undefined, flags: MachinesFlags): Promise<void> {
  const { machines } = await askForMachines(flags.dataDir);
  const machine = machineNamed(machines, wanted);
  if (machine.known === undefined) {
    if (flags.json) return printJson(machine);
    process.stdout.write(
      `${headText(machine)}\n\nNothing more is known of it: its agent tells when it has linked and looked around.\n`,
    );
    return;
  }
  const { facts, ageMs } = machine.known;
  const findings = findingsOf(checkAll(facts));
  if (flags.json) return printJson({ ...machine, known: undefined, ageMs, facts, findings });
  const found = findings.map(({ title, code, seen }) => `\n${title} [${code}]\n  ${plainText(seen)}\n`).join('');
  process.stdout.write(
    `${headText(machine)}, last heard ${Math.round(ageMs / 1000)} s ago\n\n` +
      `${modelsText(machine.reports)}${factsText(facts)}${findings.length === 0 ? '\nNo findings.\n' : found}`,
  );
}

async function askForMachines(dataDir: string): Promise<{ machines: readonly Listed[]; directory: string }> {
  const { directory, record, status } = await runningGateway(dataDir);
  // Ours, of the same version as this command.
  const known = (await getFromGateway(record, '/metalyard/machines')) as { machines: readonly Machine[] } | undefined;
  const told = (await getFromGateway(record, '/metalyard/machines/facts')) as
    | { machines: readonly KnownMachine[] }
    | undefined;
  if (known === undefined || told === undefined) {
    throw new CommandError('The gateway answers no more: it has just stopped, or is very busy. Try again.');
  }
  const machines = known.machines
    .filter(({ standing }) => standing !== 'removed')
    .map((machine) => listed(machine, status, told.machines));
  return { machines, directory: directory.path };
}

function headText({ name, machineId, state, labels }: Listed): string {
  const labelled = labels.length === 0 ? '' : `, labelled ${plainText(labels.join(', '))}`;
  return `${plainText(name)} (${machineId}), ${state}${labelled}`;
}

function listed(
  { machineId, name, standing, drained, labels }: Machine,
  status: GatewayStatus,
  told: readonly KnownMachine[],
): Listed {
  const linked = status.machines.find((each) => each.machineId === machineId);
  const known = told.find((each) => each.machineId === machineId);
  const link = linked === undefined ? 'away' : linked.draining || drained ? 'draining' : 'linked';
  return {
    machineId,
    name,
    state: standing === 'pending' ? 'waits to be let in' : link,
    labels,
    models: linked?.models.map(({ id }) => id) ?? [],
    reports: linked?.models ?? [],
    ...(known === undefined ? {} : { known }),
  };
}

/** How fast it is with each model, and how long loading it takes. Exported for its test. */
export function modelsText(models: readonly MachineModel[]): string {
  if (models.length === 0) return '';
  const rows = models.map((model) => {
    const { id, status, pace } = model;
    const speeds = pace === undefined ? ['-', '-'] : [pace.readPerS, pace.writePerS].map((speed) => speedText(speed));
    return [id, status === 'available' ? 'on disk' : status, ...speeds, ...loadTimeCells(model)];
  });
  return `${table(['model', 'state', 'reads/s', 'writes/s', 'first load', 'later', 'next load'], rows)}\n`;
}

const speedText = (perSecond: number): string =>
  perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US');

/** Exported for its test. */
export function machinesText(machines: readonly Listed[], dataDir: string): string {
  if (machines.length === 0) return `No machine is known. Start one: ${commandLine('agent', dataDir)}\n`;
  const rows = machines.map(({ machineId, name, state, labels, models, known }) => {
    const { system, memory, gpus, findings } = summaryOf(known?.facts);
    return [
      name,
      machineId,
      state,
      labels.join(', ') || '-',
      system ?? '-',
      memory ?? '-',
      gpus?.join(' + ') || '-',
      models.join(', ') || '-',
      findings?.toString() ?? '-',
    ];
  });
  return table(['machine', 'id', 'state', 'labels', 'system', 'memory', 'GPUs', 'models', 'findings'], rows);
}

interface Summary {
  readonly system?: string;
  readonly memory?: string;
  readonly gpus?: readonly string[];
  readonly findings?: number;
}

/** Empty where nothing is known, or values have another shape than this build knows: one machine must not hide the others. */
function summaryOf(facts: Facts | undefined): Summary {
  try {
    return facts === undefined ? {} : summary(facts);
  } catch {
    return {};
  }
}

function summary(facts: Facts): Summary {
  const system = [
    knownValue(facts['os.distribution']) ?? knownValue(facts['os.family']),
    knownValue(facts['os.version']),
  ];
  const memory = knownValue(facts['memory.total_bytes']);
  const gpus = knownValue(facts['gpu.all']);
  return {
    ...(system[0] === undefined ? {} : { system: system.filter(Boolean).join(' ') }),
    ...(memory === undefined ? {} : { memory: valueText('_bytes', memory) }),
    ...(gpus === undefined ? {} : { gpus: gpus.map(gpuText) }),
    findings: findingsOf(checkAll(facts)).length,
  };
}

function gpuText(gpu: Gpu): string {
  const total = knownValue(gpu.vram_total_bytes);
  const name = knownValue(gpu.name) ?? gpu.vendor;
  return total === undefined ? name : `${name} ${valueText('_bytes', total)}`;
}

function machineNamed(machines: readonly Listed[], wanted: string | undefined): Listed {
  const names = machines.map(({ name }) => name).join(', ');
  if (wanted === undefined) {
    const [only] = machines;
    if (only !== undefined && machines.length === 1) return only;
    throw new CommandError(machines.length === 0 ? 'No machine is known.' : `Which one? There are: ${names}`);
  }
  const found = machines.find(({ name, machineId }) => name === wanted || machineId === wanted);
  if (found === undefined) throw new CommandError(`There is no machine ${wanted}. There are: ${names || 'none'}`);
  return found;
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
