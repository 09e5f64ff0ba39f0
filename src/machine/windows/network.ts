/** Default routes of Windows. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, parseJson } from '../text/json.ts';
import { powershell } from './powershell.ts';

const label = 'Get-NetRoute 0.0.0.0/0, ::/0';
const script =
  "@{v4=@(Get-NetRoute -DestinationPrefix '0.0.0.0/0' -ErrorAction SilentlyContinue).Count;v6=@(Get-NetRoute -DestinationPrefix '::/0' -ErrorAction SilentlyContinue).Count}|ConvertTo-Json -Compress";

export const windowsNetwork: Probe = {
  name: 'windows-network',
  title: 'default route, IPv6',
  reads: [label],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['network.has_route', 'network.ipv6'],
  read: async (io) => [await powershell(io, label, script)],
  parse: parseWith(['network.has_route'], (text, source) => {
    const report = parseJson(text);
    if (!isObject(report) || typeof report.v4 !== 'number' || typeof report.v6 !== 'number') return {};
    return {
      'network.has_route': known(report.v4 + report.v6 > 0, source),
      'network.ipv6': known(report.v6 > 0, source),
    };
  }),
};
