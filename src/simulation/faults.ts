/** What goes wrong, and when. Every kind of fault strikes the whole yard at random, then heals. */
import type { SimulatedAgent } from './agent.ts';
import type { SimulatedGateway } from './gateway.ts';
import type { Link, Weather } from './link.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface FaultSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
  readonly gateway: SimulatedGateway;
  readonly agents: readonly SimulatedAgent[];
  /** The link that this agent dialled last. */
  linkOf(agent: SimulatedAgent): Link | undefined;
}

/** Mean time between two faults anywhere in a yard of ten machines, ms. */
const meanGapMs = 1_500;

/** Lets things go wrong until `untilMs`; then the weather clears and machines that are down start. */
export function letThingsGoWrong(world: FaultSurroundings, untilMs: number): void {
  const { timeline, random, weather, agents } = world;
  const strike = (): void => {
    if (timeline.nowMs >= untilMs) return;
    strikeOnce(world, untilMs);
    timeline.after(random.between(1, (2 * meanGapMs * 10) / agents.length), strike);
  };
  strike();
  timeline.at(untilMs, () => {
    weather.lossChance = 0;
    weather.repeatChance = 0;
  });
}

function strikeOnce({ timeline, random, gateway, agents, linkOf }: FaultSurroundings, untilMs: number): void {
  const agent = random.pick(agents);
  if (!agent.isUp) return;
  const restartLater = (): void => {
    const downMs = random.between(500, 20_000);
    timeline.at(Math.min(timeline.nowMs + downMs, untilMs), () => agent.start());
  };
  switch (
    random.pick(['crash', 'crash', 'cut', 'cut', 'slow', 'slow', 'freeze', 'drain', 'engine', 'stall', 'gateway'])
  ) {
    case 'crash':
      agent.crash(random.chance(0.5));
      return restartLater();
    case 'cut':
      return linkOf(agent)?.cut(
        random.pick([
          { toAgent: true, toGateway: true },
          { toAgent: true, toGateway: false },
          { toAgent: false, toGateway: true },
        ]),
      );
    case 'slow': {
      const link = linkOf(agent);
      link?.slow(random.between(500, 6_000));
      timeline.after(random.between(5_000, 20_000), () => link?.slow(0));
      return;
    }
    case 'freeze':
      return agent.freeze(random.between(500, 20_000));
    case 'drain':
      agent.drain();
      timeline.after(random.between(1_000, 10_000), () => {
        if (!agent.isUp) return;
        agent.crash(true);
        restartLater();
      });
      return;
    case 'engine':
      return agent.crashEngine();
    case 'stall':
      return agent.stallGenerations();
    default:
      return gateway.freeze(random.between(200, 8_000));
  }
}
