/**
 * Very many machines on one gateway (`test/support/light/` says how), and what they cost it:
 *
 *     npm run light-fleet -- --machines 10000
 *
 * Exits with 1 when a figure is beyond its bar.
 */
import { parseArgs } from 'node:util';
import { bareJoins } from '../test/support/light/bare-joins.ts';
import { bareSocketCpuUs } from '../test/support/light/bare-sockets.ts';
import { lightFleetBars, lightFleetText, measureLightFleet } from '../test/support/light/light-fleet.ts';

const { values } = parseArgs({
  options: {
    machines: { type: 'string', default: '10000' },
    settle: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '20' },
    down: { type: 'string', default: '30' },
  },
});

const figures = await measureLightFleet({
  machines: Number(values.machines),
  settleMs: Number(values.settle) * 1_000,
  watchMs: Number(values.seconds) * 1_000,
  downMs: Number(values.down) * 1_000,
});
console.log(`${values.machines} machines: ${lightFleetText(figures)}`);
const alone = await bareSocketCpuUs('alone');
console.log(`a text takes ${alone.toFixed(0)} us over a bare WebSocket where each comes alone`);
const bare = await bareJoins();
console.log(
  `a link without any gateway takes ${bare.hearsUs.toFixed(0)} us of CPU where it is heard, ${bare.saysUs.toFixed(0)} where it begins`,
);
const missed = lightFleetBars(figures);
for (const bar of missed) console.log(`missed: ${bar}`);
process.exitCode = missed.length === 0 ? 0 : 1;
