/**
 * One row of the feature table: something a client may send, and what becomes of it. The rows are
 * data; `translate/request/judge-features.ts` finds which of them a request uses and obeys them,
 * `docs/compatibility.md` prints them, and a test sends a request for each.
 */

/** What a model and its engine can do; everything else is the same for all of them. */
export interface ModelTraits {
  /** Its chat template has a place for tools, and its way of writing calls is certified. */
  readonly tools: boolean;
  /** It can reason before it answers. */
  readonly thinking: boolean;
  /**
   * Its engine takes token ids and obeys grammars (embedded, or a managed llama-server). False for attached
   * servers, which are spoken to by chat completions.
   */
  readonly raw: boolean;
  /** Its engine can be held to a JSON schema: the raw tier can, of attached servers most. */
  readonly schemas: boolean;
  /** It sees pictures, and its engine takes them. */
  readonly vision: boolean;
}
export type Trait = keyof ModelTraits;

export type Support =
  /** Works. `how` is for the page: a remark, or ''. */
  | { readonly status: 'supported'; readonly how: string }
  /** Works otherwise than at Anthropic. The caller is told `how` in `x-metalyard-notes`. */
  | { readonly status: 'degraded'; readonly how: string }
  /** Has no effect. The caller is told `how` in `x-metalyard-notes`. */
  | { readonly status: 'ignored'; readonly how: string }
  /** An error; `how` says why and what to do instead, behind the path of the field. */
  | { readonly status: 'refused'; readonly how: string; readonly errorCode?: string };

export interface Feature {
  /** As clients write it, for the page. */
  readonly shown: string;
  readonly support: Support;
  /** What becomes of it instead on a model without the trait; the first that is lacking counts. */
  readonly lacking?: Readonly<Partial<Record<Trait, Support>>>;
}

/** Rows of one area; the keys are the ids by which code asks. */
export type FeatureRows = Readonly<Record<string, Feature>>;

export const supported = (how = ''): Support => ({ status: 'supported', how });
export const degraded = (how: string): Support => ({ status: 'degraded', how });
export const ignored = (how: string): Support => ({ status: 'ignored', how });
/** `errorCode`: the `details.error_code` clients know this refusal by, where the API has one. */
export const refused = (how: string, errorCode?: string): Support =>
  errorCode === undefined ? { status: 'refused', how } : { status: 'refused', how, errorCode };

/** Makes a row. */
export const row = (shown: string, support: Support, lacking?: Feature['lacking']): Feature =>
  lacking === undefined ? { shown, support } : { shown, support, lacking };
