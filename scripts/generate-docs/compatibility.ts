/** `docs/compatibility.md`: the feature table as a page, and what no table can say. */
import { blockFeatures } from '../../src/contract/anthropic/features/blocks.ts';
import { endpointFeatures } from '../../src/contract/anthropic/features/endpoints.ts';
import type { Feature, FeatureRows, Support, Trait } from '../../src/contract/anthropic/features/feature.ts';
import { betaFeatures, headerFeatures } from '../../src/contract/anthropic/features/headers.ts';
import { parameterFeatures } from '../../src/contract/anthropic/features/parameters.ts';
import { thinkingFeatures } from '../../src/contract/anthropic/features/thinking.ts';
import { toolFeatures } from '../../src/contract/anthropic/features/tools.ts';
import { limits } from '../../src/contract/limits.ts';
import { cell } from './marked-table.ts';

const areas: readonly { readonly title: string; readonly rows: FeatureRows }[] = [
  { title: 'Endpoints', rows: endpointFeatures },
  { title: 'Headers', rows: headerFeatures },
  { title: 'Betas', rows: betaFeatures },
  { title: 'Fields of the body', rows: parameterFeatures },
  { title: 'Forms of `thinking`', rows: thinkingFeatures },
  { title: 'Content blocks', rows: blockFeatures },
  { title: 'Tools', rows: toolFeatures },
];

export const compatibilityPage = (): string =>
  [opening, ...areas.map(({ title, rows }) => area(title, rows)), answers].join('\n\n').concat('\n');

function area(title: string, rows: FeatureRows): string {
  const lines = Object.values(rows).map(({ shown, support, lacking }: Feature) => {
    const elsewhere = Object.entries(lacking ?? {}).map(
      ([trait, instead]) => `${without[trait as Trait]}: ${said(instead)}`, // keys of a record of traits
    );
    return `| ${[shown, said(support), elsewhere.join('; ')].map(cell).join(' | ')} |`;
  });
  return [`## ${title}`, '', '| What | Becomes | Where not |', '| --- | --- | --- |', ...lines].join('\n');
}

const without = {
  tools: 'models without tools',
  thinking: 'models that do not reason',
  raw: 'attached engines',
  schemas: 'engines without schemas',
  vision: 'models that read text only',
} as const satisfies Record<Trait, string>;

const said = ({ status, how }: Support): string => (how === '' ? `**${status}**` : `**${status}**: ${how}`);

const opening = `# Compatibility

What becomes of everything a client of the Anthropic Messages API may send. This page is made from the table the gateway
itself obeys (\`src/contract/anthropic/features/\`) by \`node scripts/generate-docs.ts\`; a test sends a request for every row.

- **supported**: works as it does at Anthropic, with the remark given.
- **degraded**: works otherwise. The sentence is told to the caller in the response header \`x-metalyard-notes\`.
- **ignored**: has no effect. Told in the same header.
- **refused**: an error (400, or 404 for an endpoint) that names the field and ends in the words given. \`x-should-retry\` is
  \`false\`, and \`error.details.error_code\` is \`unsupported_feature\` or the API's own code where it has one.

*Where not* is what holds for a model that lacks something. \`/v1/models\` says for each model what it has. *Attached engines* are
servers spoken to by chat completions ([attach.md](attach.md)); *engines without schemas* are those of them that cannot be held to one.`;

const answers = `## Answers

Blocks and events in the order the SDKs check, \`usage\` at the start and at the end, unique ids, a \`ping\` at least every
${limits.pingIntervalMs / 1000} s. A tool call appears whole, after its input was checked against the tool's schema. Every failure is a typed error;
[errors.md](errors.md) lists them. Never sent: the stop reasons \`refusal\` and \`pause_turn\`, citations,
the rate limit headers called \`unified\`, which clients take for a subscription. The other twelve are on every response to \`POST /v1/messages\`:
[what they mean](operations.md#what-a-key-may-use).

**Token counts are those of the model that serves you.** \`usage\` and \`count_tokens\` come from its own tokenizer, over its own
chat template with your tools written out in it, and are exact. Claude has another tokenizer and another template: the same text
is another number there. Attached servers that do not count (\`/v1/models\` says which) are estimated, and corrected by what they report in the end. Windows, \`max_tokens\` and prices in tokens do not carry over. Clients that compact by
these numbers are right to: they are true for the window in \`max_input_tokens\`.

**Deltas are forwarded as they are produced, never smoothed.** What the machine writes is sent on at once; a fast engine gives
large steps, a slow one single words. Nothing is held back to look even, except what may not be shown yet: a tool call until it
is whole, and a few characters that could be the beginning of a stop sequence or of a call.

**Sampling.** A client that names none of \`temperature\`, \`top_p\` and \`top_k\` gets what the model's author recommends in the
model file, and where that says nothing, llama.cpp's defaults (0.8, 0.95, 40). A client that names one gets Anthropic's
documented defaults for the others (temperature 1, no truncation) under what the author recommends. Anthropic's defaults alone
make small quantised models ramble.

**PDF documents** are read for their text, at the gateway, at most ${limits.pdfPages} pages and ${limits.pdfReadMs / 1000} s for all of a request. One without text (a scan)
is refused with the advice to run text recognition; inside a tool result the model is told instead.

**Without \`stream\`** the status waits for the answer, but no longer than ${limits.holdWholeAnswerMs / 1000} s (or 80 % of \`x-stainless-timeout\`): then 200 and spaces
are sent, because clients give up on headers, not on bodies ([why](decisions/006-whole-answers.md)).

**Tools that Anthropic would run** (web search, for one) are left out, and the model is told in its system prompt that they are not
there. The separate request that Claude Code sends for a web search is answered in plain text that way.

## Clients

| Client | Run against it |
| --- | --- |
| \`@anthropic-ai/sdk\` 1.12.0 and 0.137.0, Vercel AI SDK 6 | yes, each capability: \`test/clients/capabilities/\` |
| Python \`anthropic\` 2.12.0, sync and async | yes: \`test/clients/\` |
| Claude Code | yes: \`test/clients/\`; recorded sessions: \`test/e2e/\` |
| opencode 1.18.33, pi 0.87.1 | yes: \`test/clients/\`; recorded sessions: \`test/e2e/\` |`;
