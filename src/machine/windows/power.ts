/**
 * `powercfg`: the plan by its GUID, since its name is translated and renamed; the sleep states, where
 * "S0 Low Power Idle" is also listed among those that are not available; what keeps Windows awake; after
 * how long it sleeps, by the GUIDs and the order of the numbers, mains before battery.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { child, childText, parseXml } from '../text/xml.ts';

/** GUID of the plan "Power saver": Microsoft's documentation of power schemes. */
const saverPlan = 'a1841308-3541-4fab-bc81-f71556f20b4a';
/** GUID of the setting "Sleep after" (STANDBYIDLE): Microsoft's documentation of power settings. */
const sleepAfter = '29f6c1db-86da-48c5-9fdb-f2b67b1f44da';

export const windowsPower: Probe = {
  name: 'windows-power',
  title: 'power plan, sleep states, when Windows sleeps, what keeps it awake',
  reads: [
    'powercfg /getactivescheme',
    'powercfg /a',
    'powercfg /requests (administrators)',
    'powercfg /query SCHEME_CURRENT SUB_SLEEP STANDBYIDLE',
    'a battery report (only when given to `probe replay`)',
  ],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'power.plan',
    'power.saver',
    'power.sleep_states',
    'power.modern_standby',
    'power.sleep_inhibited',
    'power.battery_present',
    'power.sleep_after_ac_min',
    'power.sleep_after_battery_min',
  ],
  read: (io) =>
    Promise.all(
      [['/getactivescheme'], ['/a'], ['/requests'], ['/query', 'SCHEME_CURRENT', 'SUB_SLEEP', 'STANDBYIDLE']].map(
        (args) => io.run('powercfg', args),
      ),
    ),
  parse: parseWith([], (text, source) => ({
    ...plan(text, source),
    ...states(text, source),
    ...requests(text, source),
    ...sleepTimes(text, source),
    ...report(text, source),
  })),
};

function plan(text: string, source: string): MutableFacts {
  // The one line at the margin that has a GUID and a name in brackets: settings of a plan are indented.
  const guid = /^\S[^\n:]*: ([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\s+\(/im
    .exec(text)?.[1]
    ?.toLowerCase();
  return guid === undefined
    ? {}
    : { 'power.plan': known(guid, source), 'power.saver': known(guid === saverPlan, source) };
}

/** The first heading lists what is available, the second what is not; states carry their ACPI name. */
function states(text: string, source: string): MutableFacts {
  const available: string[] = [];
  let headings = 0;
  let seen = false;
  for (const line of lines(text)) {
    if (line.trim() === '') continue;
    if (/^\S/.test(line)) headings += 1;
    const state = /^\s+\S.*\((S[0-5])\b[^)]*\)/.exec(line)?.[1];
    if (state === undefined) continue;
    seen = true;
    if (headings === 1) available.push(state);
  }
  // Without a second heading it is not known which list this is.
  if (!seen || headings !== 2) return {};
  return {
    'power.sleep_states': known(available, source),
    'power.modern_standby': known(available.includes('S0'), source),
  };
}

/** Under each heading the processes and drivers in square brackets, else a translated "none". */
function requests(text: string, source: string): MutableFacts {
  if (!/^DISPLAY:\s*$/m.test(text) || !/^SYSTEM:\s*$/m.test(text)) return {};
  let heading = '';
  const holding = lines(text).some((line) => {
    heading = /^([A-Z]+):\s*$/.exec(line)?.[1] ?? heading;
    return line.startsWith('[') && heading !== 'PERFBOOST' && heading !== 'ACTIVELOCKSCREEN';
  });
  return { 'power.sleep_inhibited': known(holding, source) };
}

/**
 * Under the setting's GUID stand its limits and then the two values, in seconds: `...: 0x00000708`. Every word is
 * translated; the order is not, and the last two numbers are the values.
 */
function sleepTimes(text: string, source: string): MutableFacts {
  const start = text.toLowerCase().indexOf(sleepAfter);
  if (start < 0) return {};
  const rest = lines(text.slice(start)).slice(1);
  const next = rest.findIndex((line) => /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.test(line));
  const numbers = (next < 0 ? rest : rest.slice(0, next)).flatMap((line) => {
    const number = /:\s*0x([0-9a-f]{8})\s*$/i.exec(line)?.[1];
    return number === undefined ? [] : [Number.parseInt(number, 16)];
  });
  // Least, most, step, and the values: fewer is a text that was cut.
  const [mains, battery] = numbers.slice(-2);
  if (numbers.length !== 5 || mains === undefined || battery === undefined) return {};
  return {
    'power.sleep_after_ac_min': known(mains / 60, source),
    'power.sleep_after_battery_min': known(battery / 60, source),
  };
}

/** `powercfg /batteryreport /xml` */
function report(text: string, source: string): MutableFacts {
  const start = text.indexOf('<BatteryReport');
  const root = start < 0 ? undefined : parseXml(text.slice(start));
  if (root === undefined) return {};
  const facts: MutableFacts = {};
  const standby = childText(root, 'SystemInformation/ConnectedStandby');
  if (standby === '0' || standby === '1') facts['power.modern_standby'] = known(standby === '1', source);
  if (child(root, 'Batteries') !== undefined)
    facts['power.battery_present'] = known(child(child(root, 'Batteries')!, 'Battery') !== undefined, source);
  return facts;
}
