/** What a request asks of a model, as far as that decides which model and which machine it can go to. Plain data. */
export interface RequestNeeds {
  /** Of the whole prompt, from its bytes: a guess. */
  readonly estimatedTokens: number;
  /** As asked for. */
  readonly maxTokens: number;
  /** Tools that may be called. */
  readonly tools: boolean;
  /** Output by a JSON schema. */
  readonly schemas: boolean;
  /** Pictures, in the conversation or in results of tools. */
  readonly vision: boolean;
  /** Reasoning was asked for: a wish that every model may leave open. */
  readonly thinking: boolean;
}

/** A request that any model can serve. */
export const noNeeds: RequestNeeds = {
  estimatedTokens: 0,
  maxTokens: 0,
  tools: false,
  schemas: false,
  vision: false,
  thinking: false,
};
