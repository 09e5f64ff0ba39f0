/**
 * Mains or battery, by .NET's SystemInformation.PowerStatus: numbers instead of translated words
 * (learn.microsoft.com/dotnet/api/system.windows.forms.powerstatus). A charge of 255 % means that nobody knows.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, parseJson } from '../text/json.ts';
import { powershell } from './powershell.ts';

const label = 'SystemInformation.PowerStatus';
const script =
  'Add-Type -AssemblyName System.Windows.Forms;$p=[System.Windows.Forms.SystemInformation]::PowerStatus;' +
  '@{line=[int]$p.PowerLineStatus;charge=[int]$p.BatteryChargeStatus;level=[double]$p.BatteryLifePercent}|ConvertTo-Json -Compress';

/** PowerLineStatus. */
const lines: Readonly<Record<number, 'ac' | 'battery'>> = { 0: 'battery', 1: 'ac' };
/** Of the flags of BatteryChargeStatus; all of them together mean unknown. */
const noBattery = 128;
const chargeUnknown = 255;

export const windowsBattery: Probe = {
  name: 'windows-battery',
  title: 'mains or battery, how full it is',
  reads: [label],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['power.source', 'power.battery_present', 'power.battery_level'],
  read: async (io) => [await powershell(io, label, script)],
  parse: parseWith(['power.source'], (text, source) => {
    const told = parseJson(text);
    if (!isObject(told) || typeof told.line !== 'number' || typeof told.charge !== 'number') return {};
    const line = lines[told.line];
    const facts: MutableFacts = {
      'power.source':
        line === undefined ? unknown('not-reported', 'Windows does not know', source) : known(line, source),
    };
    if (told.charge !== chargeUnknown) {
      const present = (told.charge & noBattery) === 0;
      facts['power.battery_present'] = known(present, source);
      if (present && typeof told.level === 'number' && told.level >= 0 && told.level <= 1)
        facts['power.battery_level'] = known(told.level, source);
    }
    return facts;
  }),
};
