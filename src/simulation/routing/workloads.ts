/** Who asks what. A conversation asks its next turn some time after the answer to the last one. */
import type { Random } from '../random.ts';

/** A part of a prompt; the same id is the same text. */
export interface Block {
  readonly id: string;
  readonly tokens: number;
}

export interface Turn {
  /** What comes to the conversation. */
  readonly adds: readonly Block[];
  readonly answerTokens: number;
  /** After the answer before it, or after the conversation's beginning, ms. */
  readonly afterMs: number;
  /** Conversations that begin with this turn's answer. */
  readonly begins?: readonly Conversation[];
}

export interface Conversation {
  /** API key: what others hold is of no use. */
  readonly scope: string;
  readonly lineage: string;
  /** System prompt and tools. */
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
}

export interface Workload {
  readonly name: string;
  readonly about: string;
  /** Agents whose turns share a long beginning: what the bars of cache and speed are about. */
  readonly agentic: boolean;
  conversations(random: Random): readonly Conversation[];
}

/** Texts of the same name are the same; a system prompt is known in parts of 1,000 tokens. */
function longText(name: string, tokens: number): Block[] {
  const parts = Math.ceil(tokens / 1_000);
  return Array.from({ length: parts }, (_, part) => ({ id: `${name}#${part}`, tokens: Math.ceil(tokens / parts) }));
}

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

interface Agent {
  readonly scope: string;
  readonly lineage: string;
  readonly system: readonly Block[];
  readonly turns: number;
  readonly startMs: number;
}

/** A coding agent: results of tools come back, soon; now and then its person reads and types. */
function agent(random: Random, { scope, lineage, system, turns, startMs }: Agent): Conversation {
  return {
    scope,
    lineage,
    system,
    turns: times(turns, (turn) => ({
      adds: [
        { id: `${lineage}/${turn}`, tokens: turn === 0 ? random.between(100, 2_000) : random.between(200, 3_000) },
      ],
      answerTokens: random.between(40, 400),
      afterMs: turn === 0 ? startMs : random.chance(0.15) ? random.between(20_000, 90_000) : random.between(500, 6_000),
    })),
  };
}

export const workloads: readonly Workload[] = [
  {
    name: 'coding-agents',
    about: '12 people, each with a key and a coding agent of 22,000 tokens of system prompt and tools',
    agentic: true,
    conversations: (random) =>
      times(12, (person) =>
        agent(random, {
          scope: `key${person}`,
          lineage: `agent${person}`,
          system: longText(`system${person}`, 22_000),
          turns: random.between(15, 25),
          startMs: random.between(0, 120_000),
        }),
      ),
  },
  {
    name: 'team-of-agents',
    about: '12 coding agents of one key, with one system prompt of 18,000 tokens',
    agentic: true,
    conversations: (random) =>
      times(12, (person) =>
        agent(random, {
          scope: 'team',
          lineage: `agent${person}`,
          system: [...longText('team-system', 18_000), { id: `folder${person}`, tokens: 500 }],
          turns: random.between(15, 25),
          startMs: random.between(0, 120_000),
        }),
      ),
  },
  {
    name: 'sub-agents',
    about: '4 coding agents that send out three sub-agents each, twice',
    agentic: true,
    conversations: (random) =>
      times(4, (person) => {
        const scope = `key${person}`;
        const system = longText(`system${person}`, 20_000);
        const main = agent(random, {
          scope,
          lineage: `main${person}`,
          system,
          turns: 20,
          startMs: random.between(0, 60_000),
        });
        const turns = main.turns.map((turn, at) => {
          if (at !== 4 && at !== 12) return turn;
          const begins = times(3, (child) =>
            agent(random, {
              scope,
              lineage: `sub${person}.${at}.${child}`,
              system: [...longText(`system${person}`, 6_000), ...longText(`sub-system${person}`, 4_000)],
              turns: random.between(6, 10),
              startMs: random.between(50, 500),
            }),
          );
          return { ...turn, begins };
        });
        return { ...main, turns };
      }),
  },
  {
    name: 'chat',
    about: '40 people who chat: short prompts, long pauses',
    agentic: false,
    conversations: (random) =>
      times(40, (person) => ({
        scope: `key${person}`,
        lineage: `chat${person}`,
        system: [{ id: `chat-system${person}`, tokens: 200 }],
        turns: times(random.between(4, 8), (turn) => ({
          adds: [{ id: `chat${person}/${turn}`, tokens: random.between(20, 300) }],
          answerTokens: random.between(100, 400),
          afterMs: turn === 0 ? random.between(0, 120_000) : random.between(15_000, 60_000),
        })),
      })),
  },
  {
    name: 'one-shots',
    about: '300 requests that have nothing in common',
    agentic: false,
    conversations: (random) => {
      let atMs = 0;
      return times(300, (index) => {
        atMs += random.between(0, 1_600);
        return {
          scope: `key${index % 20}`,
          lineage: `one${index}`,
          system: [],
          turns: [
            {
              adds: [{ id: `one${index}`, tokens: random.between(500, 4_000) }],
              answerTokens: random.between(50, 300),
              afterMs: atMs,
            },
          ],
        };
      });
    },
  },
  {
    name: 'long-documents',
    about: '8 people who ask five questions each about a document of 40,000 tokens',
    agentic: false,
    conversations: (random) =>
      times(8, (person) => ({
        scope: `key${person}`,
        lineage: `reader${person}`,
        system: longText(`document${person}`, random.between(30_000, 50_000)),
        turns: times(5, (turn) => ({
          adds: [{ id: `question${person}/${turn}`, tokens: random.between(20, 200) }],
          answerTokens: random.between(100, 500),
          afterMs: turn === 0 ? random.between(0, 240_000) : random.between(15_000, 60_000),
        })),
      })),
  },
];
