/**
 * NVIDIA GPUs as nvidia-smi tells them. One unknown field fails a whole CSV query, so what every
 * driver knows is asked first and the rest separately, with the fields the driver itself lists.
 *
 * Texts and fields: outputs of drivers 418 to 610 (fixtures), NVIDIA's nvidia-smi manual page.
 */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Facts, FactTable } from '../../contract/machine/facts.ts';
import type { ProbeIo } from '../io/probe-io.ts';
import { everywhere, type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import type { Reading } from '../reading.ts';
import { tidyReadings } from '../text/tidy.ts';
import { readSmiApps, readSmiCsv, readSmiFields, readSmiList, readSmiVersion } from './smi-csv.ts';
import { mergeSmiGpus, type SourcedReport } from './smi-gpus.ts';
import { type SmiReport, slowdowns } from './smi-report.ts';
import { readSmiTable } from './smi-table.ts';
import { readSmiText, readSmiXml } from './smi-tree.ts';

/** Known to every driver since 418. */
const basicFields =
  'index,name,uuid,pci.bus_id,driver_version,memory.total,memory.used,memory.free,display_active,persistence_mode,temperature.gpu,power.draw,utilization.gpu';
/** Since 510 (memory.reserved, compute_cap) or later (clocks_event_reasons), or on some cards only. */
const laterFields = [
  'index',
  'memory.reserved',
  'compute_cap',
  'mig.mode.current',
  'driver_model.current',
  ...slowdowns.map((reason) => `clocks_event_reasons.${reason}`),
];

/** Where it is when it is not on the PATH: Windows' system folder, the Windows driver's files inside WSL. */
const elsewhere = ['C:\\Windows\\System32\\nvidia-smi.exe', '/usr/lib/wsl/lib/nvidia-smi'];

export const nvidiaSmi: Probe = {
  name: 'nvidia-smi',
  title: 'NVIDIA GPUs, their driver and what ails them',
  reads: [
    `nvidia-smi --query-gpu=${basicFields} --format=csv`,
    'nvidia-smi --query-gpu=(what this driver lists) --format=csv',
    'nvidia-smi --version',
    'nvidia-smi -L; nvidia-smi -q (with MIG)',
  ],
  platforms: everywhere,
  timeoutMs: toolTimeoutMs * 3,
  facts: ['nvidia.gpus', 'nvidia.driver', 'nvidia.cuda_driver', 'nvidia.failure', 'nvidia.library_version'],
  read: readSmi,
  parse: parseSmi,
};

async function readSmi(io: ProbeIo): Promise<readonly Reading[]> {
  let command = 'nvidia-smi';
  const ask = (...args: string[]): Promise<Reading> => io.run(command, args, toolTimeoutMs);
  const query = async (fields: string): Promise<Reading> => ({
    ...(await ask(`--query-gpu=${fields}`, '--format=csv')),
    // Each fact repeats its source: the list of fields would be most of what is sent.
    source: 'nvidia-smi --query-gpu',
  });
  let basic = await query(basicFields);
  if (basic.failure?.reason === 'absent') {
    const [found] = await io.existing(elsewhere);
    if (found === undefined) return [basic];
    command = found;
    basic = await query(basicFields);
  }
  // What hangs once hangs again.
  if (basic.failure !== undefined || basic.exitCode !== 0) return [basic];

  let later = await query(laterFields.join(','));
  if (later.exitCode !== 0) {
    const offered = readSmiFields((await ask('--help-query-gpu')).text);
    const fields = laterFields
      .map((field) => (offered.has(field) ? field : field.replace('clocks_event', 'clocks_throttle')))
      .filter((field) => offered.has(field));
    if (fields.length > 0) later = await query(fields.join(','));
  }
  const readings = [basic, later];
  const version = await ask('--version');
  // Drivers before 525 have no such flag; their table has the version.
  readings.push(version.exitCode === 0 ? version : await ask());
  if (parseSmi([later])['nvidia.gpus']?.known) {
    const parts = readSmiCsv(later.text).gpus.some((gpu) => gpu['mig.mode.current'] === 'Enabled');
    if (parts) readings.push(await ask('-L'), await ask('-q'));
  }
  return readings;
}

/** Recognises the form by what only it has. */
function readForm(text: string): SmiReport | undefined {
  if (/<nvidia_smi_log|<gpu[ >]/.test(text)) return readSmiXml(text);
  if (text.includes('NVSMI LOG') || /^Attached GPUs\s*:/m.test(text)) return readSmiText(text);
  if (/^\| NVIDIA-SMI /m.test(text)) return readSmiTable(text);
  if (/^NVIDIA-SMI version\s*:/m.test(text)) return readSmiVersion(text);
  if (/^GPU \d+: .+\(UUID: /m.test(text)) return readSmiList(text);
  const names = new Set(
    text
      .split('\n', 1)[0]!
      .split(',')
      .map((name) => name.split('[')[0]!.trim()),
  );
  if (names.has('used_gpu_memory')) return readSmiApps(text);
  if (names.size > 1 && ['index', 'name', 'compute_cap', 'memory.total'].some((name) => names.has(name)))
    return readSmiCsv(text);
  return undefined;
}

function parseSmi(given: readonly Reading[]): Facts {
  const readings = tidyReadings(given);
  const reports: SourcedReport[] = [];
  const facts: MutableFacts = {};
  for (const reading of readings) {
    const report = reading.failure === undefined ? readForm(reading.text) : undefined;
    if (report !== undefined) reports.push({ ...report, source: reading.source });
    const library = /^NVML library version:\s*(\d+(\.\d+)+)\s*$/m.exec(reading.text)?.[1];
    if (library !== undefined) facts['nvidia.library_version'] = known(library, reading.source);
  }
  const [first] = readings;
  if (first === undefined) return facts;
  const failure = smiFailure(first, reports.length > 0);
  if (failure !== undefined) facts['nvidia.failure'] = failure;

  const versions = (pick: (report: SourcedReport) => string | undefined): Fact<string> | undefined => {
    const printed = reports.flatMap((report) => {
      const value = pick(report);
      return value === undefined ? [] : [{ value, source: report.source }];
    });
    const good = printed.find(({ value }) => /^\d{1,4}(\.\d{1,4}){1,2}$/.test(value));
    if (good !== undefined) return known(good.value, good.source);
    return printed.map(({ value, source }) => unknown('not-reported', `it prints ${value.slice(0, 20)}`, source))[0];
  };
  const driver = versions((report) => report.driver);
  if (driver !== undefined) facts['nvidia.driver'] = driver;
  const cuda = versions((report) => report.cuda);
  if (cuda !== undefined) facts['nvidia.cuda_driver'] = cuda;
  if (reports.some(({ gpus }) => gpus.length > 0)) {
    facts['nvidia.gpus'] = known(mergeSmiGpus(reports), reports.find(({ gpus }) => gpus.length > 0)!.source);
  } else if (facts['nvidia.failure']?.known && facts['nvidia.failure'].value === 'no-devices') {
    facts['nvidia.gpus'] = known([], first.source);
  }
  return facts;
}

type Failure = FactTable['nvidia.failure'];

/** nvidia-smi prints these in English whatever the language of the system. */
const failureTexts: readonly (readonly [RegExp, Failure])[] = [
  [/Driver\/library version mismatch/, 'version-mismatch'],
  [/communicate with the NVIDIA driver|Driver Not Loaded/, 'driver-not-loaded'],
  [/^No devices were found/m, 'no-devices'],
  [/GPU is lost|Unable to determine the device handle/, 'gpu-lost'],
  [/couldn't find (the )?(libnvidia-ml|nvml)|NVML library not found/i, 'library-missing'],
  [/^Failed to initialize NVML/m, 'other'],
];
/** `RETURN VALUE` of NVIDIA's nvidia-smi manual page; 127 is the shell's. */
const failureCodes: Readonly<Record<number, Failure>> = {
  6: 'no-devices',
  9: 'driver-not-loaded',
  12: 'library-missing',
  15: 'gpu-lost',
  18: 'version-mismatch',
  127: 'not-installed',
  9009: 'not-installed',
};

function smiFailure(reading: Reading, understood: boolean): Fact<Failure> | undefined {
  const { source, exitCode, failure, text } = reading;
  if (failure?.reason === 'absent') return known('not-installed', source);
  if (failure?.reason === 'timeout') return known('hung', source);
  if (failure !== undefined) return unknown(failure.reason, failure.detail, source);
  const printed = failureTexts.find(([pattern]) => pattern.test(text))?.[1];
  if (printed !== undefined) return known(printed, source);
  // An unknown field is our question's fault, not the driver's.
  if (/^Field "[^"]*" is not a valid field/m.test(text))
    return unknown('not-reported', 'it does not know a field', source);
  const coded = exitCode === undefined ? undefined : failureCodes[exitCode];
  if (coded !== undefined) return known(coded, source);
  if (exitCode !== undefined && exitCode !== 0) return known('other', source);
  if (understood) return known('none', source);
  if (/^List of valid properties to query/m.test(text)) return undefined;
  return unknown('unreadable', 'no form of nvidia-smi that we know', source);
}
