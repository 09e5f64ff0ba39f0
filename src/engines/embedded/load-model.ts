import { statSync } from 'node:fs';
import type { BatchItem, Llama, LlamaModel, PrioritizedBatchItem } from 'node-llama-cpp';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { EngineFailure, LoadedModel, LoadOptions } from '../../contract/engine/raw.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { batchThreads, tinyModelBytes } from './batch-threads.ts';
import { FreeCores } from './free-cores.ts';
import { shareBatch } from './share-batch.ts';
import { TokenEngine } from './token-engine.ts';
import { Vocabulary } from './vocabulary.ts';

/** Tokens one evaluation may hold: llama.cpp's own default for a micro-batch. */
const batchTokens = 512;
/** Without flash attention the buffers grow with batch x window: 899 MB for 512 x 65,536, and nothing is gained. */
const plainBatchTokens = 128;

export interface LoadedEngine {
  readonly model: LoadedModel;
  readonly vocabulary: Vocabulary;
  /** Null: the vocabulary alone was loaded. */
  readonly engine: TokenEngine | null;
}

/** Loads the native library, the model and one context for all slots. Throws an EngineError. */
export async function loadModel(options: LoadOptions, onProgress: (fraction: number) => void): Promise<LoadedEngine> {
  const startedMs = performance.now();
  const logged: string[] = [];
  let step: LoadStep = 'library';
  try {
    const llama = await getLlama({
      gpu: options.gpu === 'off' ? false : 'auto',
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: options.threads,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => logged.push(message.trim()),
    });
    step = 'model';
    const model = await llama.loadModel({
      modelPath: options.modelPath,
      ...(options.vocabularyOnly === true ? { vocabOnly: true } : {}),
      gpuLayers:
        llama.gpu === false
          ? 0
          : {
              fitContext: { contextSize: options.window * options.slots },
              ...(options.gpuLayers === undefined ? {} : { max: options.gpuLayers }),
            },
      // A mapped file that somebody overwrites kills the process (SIGBUS, seen); small ones are copied instead.
      useMmap: statSync(options.modelPath).size >= tinyModelBytes,
      onLoadProgress: onProgress,
    });
    const vocabulary = new Vocabulary(model);
    step = 'context';
    const engine = options.vocabularyOnly === true ? null : await createEngine(llama, model, vocabulary, options);
    return {
      vocabulary,
      engine,
      model: {
        chatTemplate: model.fileInfo.metadata.tokenizer.chat_template ?? null,
        bosText: vocabulary.bosText,
        eosText: vocabulary.eosText,
        controlTexts: vocabulary.controlTexts,
        longestTokenBytes: vocabulary.longestTokenBytes,
        window: options.window,
        slots: options.slots,
        trainedWindow: model.trainContextSize,
        build: buildName(llama, model),
        device: {
          backend: llama.gpu === false ? 'cpu' : llama.gpu,
          offloadedLayers: model.gpuLayers,
          totalLayers: model.fileInsights.totalLayers,
        },
        loadMs: Math.round(performance.now() - startedMs),
      },
    };
  } catch (cause) {
    throw new EngineError(loadFailure(step, options, cause, logged), { cause });
  }
}

/** One context for all slots. */
async function createEngine(
  llama: Llama,
  model: LlamaModel,
  vocabulary: Vocabulary,
  options: LoadOptions,
): Promise<TokenEngine> {
  // Attention is most of a tiny model's work. Flash attention saves a quarter of it, but only in chunks that
  // take too long to be cancelled in time (`prefill-pace.ts`), and it doubles the time per token written.
  const flashAttention = options.kvType !== undefined || llama.gpu !== false || model.size >= tinyModelBytes;
  const cores = new FreeCores();
  const context = await model.createContext({
    contextSize: options.window,
    sequences: options.slots,
    batchSize: flashAttention ? batchTokens : plainBatchTokens,
    flashAttention,
    ...(options.kvType === undefined ? {} : kvAsQ8),
    threads: options.threads,
    failedCreationRemedy: false, // a smaller window than asked for would be a silent change
    batching: {
      itemPrioritizationStrategy: ({ items, size }) => {
        const shares = shareOut(items, size);
        const tokens = shares.reduce((sum, share) => sum + share.processAmount, 0);
        const { threads } = options;
        llama.maxThreads = batchThreads({ tokens, modelBytes: model.size, threads, freeCores: () => cores.count });
        return shares;
      },
    },
  });
  return new TokenEngine(llama, model, context, vocabulary, options.window);
}

const kvAsQ8 = { experimentalKvCacheKeyType: 'Q8_0', experimentalKvCacheValueType: 'Q8_0' } as const;

function shareOut(items: readonly BatchItem[], size: number): PrioritizedBatchItem[] {
  const shares = shareBatch(
    items.map((item) => item.tokens.length),
    size,
  );
  return items
    .map((item, index) => ({ item, processAmount: shares[index]! }))
    .filter((share) => share.processAmount > 0);
}

/** A GPU back end without one layer on it is not a GPU, so the layers are named. */
function buildName(llama: Llama, model: LlamaModel): string {
  const device = llama.gpu === false ? 'cpu' : `${llama.gpu}, ${model.gpuLayers} layers on the GPU`;
  return `llama.cpp ${llama.llamaCppRelease.release} (${device})`;
}

type LoadStep = 'library' | 'model' | 'context';

/** Says what a failed load means; the binding's messages are the only evidence. */
function loadFailure(step: LoadStep, options: LoadOptions, cause: unknown, logged: readonly string[]): EngineFailure {
  const error = cause instanceof Error ? cause : new Error('unknown error');
  const said = [...logged.slice(-3), error.message].join('; ').slice(0, 600);
  const file = `"${options.modelPath}"`;
  const all = [...logged, error.message].join('\n');
  if (
    error.name === 'InsufficientMemoryError' ||
    error.constructor.name === 'InsufficientMemoryError' ||
    /out of memory|insufficient memory|failed to allocate|unable to allocate/i.test(all)
  ) {
    const message =
      `There is not enough memory for ${file} with ${options.slots} slots of ${options.window} tokens (${error.message}). ` +
      'Use a smaller window or fewer slots, or a smaller model.';
    return { code: 'memory', message };
  }
  if (/unknown model architecture|unsupported model architecture/i.test(all)) {
    const message = `This llama.cpp does not know the architecture of ${file}: ${said}. Use another model or a newer Metalyard.`;
    return { code: 'model-unsupported', message };
  }
  if (step === 'library')
    return { code: 'internal', message: `The inference library cannot start on this machine: ${said}` };
  if (step === 'context')
    return {
      code: 'internal',
      message: `The engine cannot make a context of ${options.slots} x ${options.window} tokens for ${file}: ${said}`,
    };
  return {
    code: 'model-corrupt',
    message: `llama.cpp cannot load ${file}: ${said}. Fetch the file again or use another model.`,
  };
}
