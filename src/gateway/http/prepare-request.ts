/** From body bytes to a canonical request, or the error that says what is wrong with them. */

import { hash } from 'node:crypto';
import type { ModelTraits } from '../../contract/anthropic/features/feature.ts';
import { allTraits } from '../../contract/anthropic/features/features.ts';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { RequestNeeds } from '../../contract/generation/request-needs.ts';
import { limits } from '../../contract/limits.ts';
import type { MachineModel } from '../../contract/link/messages.ts';
import { blockHashChars, type Prefix } from '../../contract/link/prefix.ts';
import type { JsonText } from '../../session/lanes.ts';
import { picturesOf, tokensOfPictures } from '../../translate/pictures/pictures-of.ts';
import { type PrefixOrigin, prefixOf } from '../../translate/prefix/prefix.ts';
import { type CanonicalForm, canonicalise } from '../../translate/request/canonicalise.ts';
import { estimateTokens } from '../../translate/request/estimate-tokens.ts';
import type { FeatureNotes } from '../../translate/request/feature-notes.ts';
import { judgeFeatures } from '../../translate/request/judge-features.ts';
import { type ParsedBody, parseBody } from '../../translate/request/parse-body.ts';
import { readMessagesRequest } from '../../translate/request/read-request.ts';
import { toolJson } from '../../translate/request/read-tools.ts';
import type { SideCall } from '../../translate/request/recognise-side-call.ts';
import { requestNeeds } from '../../translate/request/request-needs.ts';
import { heldSchemaChars, unenforcedKeywords } from '../../translate/request/unenforced-keywords.ts';
import type { NamedModel } from '../../yard/names/named-model.ts';
import { type NameBook, resolveModel } from '../../yard/names/resolve-model.ts';
import type { KnownTools } from './known-tools.ts';
import { type ReadPdf, replacePdfs } from './replace-pdfs.ts';

/** What an offer or a count holds beside the request, bytes: ids of bounded length. */
const offerHeadBytes = 16 * 1024;

/** A machine would close its link at a longer frame, and every answer it was giving would be lost. */
const tooLargeForTheLink = apiError(
  'request_too_large',
  `The request is within the limit as it was sent, but larger than ${limits.linkMessageBytes / 1024 / 1024} MB once ` +
    'its numbers are written out and its files are read: shorten the conversation or send fewer attachments.',
);

/** A model as far as requests for it are concerned. */
export type ServedModel = NamedModel & Pick<MachineModel, 'thinking' | 'tier' | 'schemas' | 'vision'>;

export const traitsOf = ({
  tools,
  thinking,
  tier = 'raw',
  schemas = tier === 'raw',
  vision = false,
}: ServedModel): ModelTraits => ({
  tools,
  thinking,
  raw: tier === 'raw',
  schemas,
  vision,
});

/**
 * What a request is judged by. A model says what it can do once it is loaded; until then (at the start,
 * after a crash of its engine) the request waits for it, and its machine refuses what it cannot do.
 */
const presumedTraits = (model: ServedModel): ModelTraits =>
  model.outlook === 'ready'
    ? traitsOf(model)
    : { ...allTraits, raw: traitsOf(model).raw, vision: traitsOf(model).vision };

export interface PrepareTask {
  readonly body: Uint8Array;
  readonly purpose: 'create' | 'count';
  /** What the yard can serve at this moment, and what the key may use of it. */
  readonly names: NameBook<ServedModel>;
  /** How long the client waits for a model to be ready, ms. */
  readonly patienceMs: number;
  /** Whose prompt it is, so that it can be told where it is warm. Of no use to counts. */
  readonly origin?: PrefixOrigin;
}

/** Threads hand `requestJson` over as bytes. */
export interface PreparedRequest<Json extends JsonText = string> {
  /** Resolved id of the model that will serve it. */
  readonly model: string;
  readonly stream: boolean;
  /** What it asks of a model, as far as the body shows at a glance. */
  readonly needs: RequestNeeds;
  /** As asked for. */
  readonly maxTokens: number;
  /** What the prompt begins with; absent where no origin was given. */
  readonly prefix?: Prefix;
  /** The canonical request, serialised once for every attempt. */
  readonly requestJson: Json;
  /** What the client makes it for, where it is not what its user waits for. */
  readonly sideCall: SideCall | null;
  /** What was changed or ignored, for the caller alone: names of its fields and schemas may stand in it. */
  readonly notes: readonly string[];
  /** `context_management` was asked for: the answer says what was done (nothing). */
  readonly reportsEdits: boolean;
}

type VerifySignature = (thinking: string, signature: string) => boolean;

/** Why a request must be prepared elsewhere: by `prepareWithPdfs`, or on any thread but the main one. */
export type Elsewhere = 'has-pdf' | 'laborious';

/**
 * Throws `ApiFailure`. `inLoop`: every stream of the gateway waits for this to return. `known`: tools that need not be
 * read again.
 */
export function prepareRequest(
  task: PrepareTask,
  verifySignature: VerifySignature,
  { inLoop, known }: { readonly inLoop: boolean; readonly known?: KnownTools },
): PreparedRequest | Elsewhere {
  const { body, origin } = task;
  const mostKeys = inLoop ? limits.parseOnMainLoopKeys : Number.POSITIVE_INFINITY;
  const parsed =
    known === undefined || origin === undefined ? parseBody(body, mostKeys) : known.parse(body, origin.scope, mostKeys);
  if (parsed === 'many-keys') return 'laborious';
  const read = readTask(task, parsed);
  if (read.hasPdf) return 'has-pdf';
  const form = canonical(read, verifySignature);
  if (inLoop && heldSchemaChars(form.request) > limits.schemaCharsOnMainLoop) return 'laborious';
  return finish(read, form, body.byteLength);
}

/** As `prepareRequest`, with PDFs read on the way. Rejects with `ApiFailure`. */
export async function prepareWithPdfs(
  task: PrepareTask,
  verifySignature: VerifySignature,
  readPdf: ReadPdf,
): Promise<PreparedRequest> {
  const read = readTask(task, parseBody(task.body));
  await replacePdfs(read.request, readPdf);
  return finish(read, canonical(read, verifySignature));
}

interface ReadTask {
  readonly request: MessagesRequest;
  readonly model: string;
  readonly needs: RequestNeeds;
  readonly notes: FeatureNotes;
  readonly hasPdf: boolean;
  readonly sees: boolean;
  readonly origin: PrefixOrigin | undefined;
}

function readTask({ body, purpose, names, patienceMs, origin }: PrepareTask, parsed: ParsedBody): ReadTask {
  if (!parsed.ok) throw new ApiFailure(parsed.error);
  const read = readMessagesRequest(parsed.value, { purpose });
  if (!read.ok) throw new ApiFailure(read.error);
  const { request } = read;
  const needs = requestNeeds(request, body.byteLength);
  const resolved = resolveModel(request.model, names, { needs, patienceMs });
  if (!resolved.ok) throw new ApiFailure(resolved.error);
  const traits = presumedTraits(resolved.model);
  const judged = judgeFeatures(request, traits);
  if (!judged.ok) throw new ApiFailure(judged.error);
  const { notes, hasPdf } = judged;
  return { request, model: resolved.model.id, needs, notes, hasPdf, sees: traits.vision, origin };
}

function canonical({ request, model, notes, sees }: ReadTask, verifySignature: VerifySignature): CanonicalForm {
  const form = canonicalise(request, { verifySignature, sees, note: (id, detail) => notes.add(id, detail) });
  return { ...form, request: { ...form.request, model } };
}

/** `bodyBytes`: what to guess the tokens from; the canonical request itself where the body held files. */
function finish(
  { request, model, needs, notes, origin }: ReadTask,
  form: CanonicalForm,
  bodyBytes?: number,
): PreparedRequest {
  const schemas = unenforcedKeywords(form.request);
  if (!schemas.ok) throw new ApiFailure(schemas.error);
  for (const keyword of schemas.unenforced) notes.add('parameter.schema_keywords', keyword);
  // Written down once for the machine and for the hashes: mostly they are half of a request.
  const toolsJson = `[${form.request.tools.map(toolJson).join(',')}]`;
  const requestJson = `${JSON.stringify({ ...form.request, tools: undefined }).slice(0, -1)},"tools":${toolsJson}}`;
  const pictures = picturesOf(form.request);
  const pictureChars = pictures.reduce((sum, { data }) => sum + data.length, 0);
  if (isLargerThan(limits.linkMessageBytes - offerHeadBytes, requestJson)) throw new ApiFailure(tooLargeForTheLink);
  return {
    model,
    stream: form.stream,
    // Now that deferred tools and what stands in files are known.
    needs: {
      ...needs,
      estimatedTokens:
        estimateTokens(Math.max(0, (bodyBytes ?? requestJson.length) - pictureChars)) + tokensOfPictures(pictures),
      tools: form.request.tools.length > 0,
      schemas: form.request.output.type === 'json',
      // Where the model sees none, sentences stand in their place.
      vision: pictures.length > 0,
    },
    maxTokens: form.request.maxTokens,
    ...(origin === undefined ? {} : { prefix: prefixFor(form, origin, toolsJson) }),
    requestJson,
    sideCall: form.sideCall,
    notes: notes.sentences(),
    reportsEdits: request.context_management !== undefined && request.context_management !== null,
  };
}

function prefixFor(
  { request, affinity }: CanonicalForm,
  { scope, sessionId }: PrefixOrigin,
  toolsJson: string,
): Prefix {
  return prefixOf(request, { scope, sessionId: sessionId ?? affinity.sessionId }, blockHash, toolsJson);
}

const blockHash = (text: string): string => hash('sha256', text, 'base64url').slice(0, blockHashChars);

/** Whether a text has more bytes than this. A character has three at most, and nearly every text is far below the limit. */
const isLargerThan = (bytes: number, text: string): boolean =>
  text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
