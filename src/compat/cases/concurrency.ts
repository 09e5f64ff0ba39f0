/** The cases of `concurrency/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { halfRequest } from './concurrency/half-request.ts';
import { leftBeforeAnswer } from './concurrency/left-before-answer.ts';
import { parallelAnswers } from './concurrency/parallel-answers.ts';
import { parallelStreams } from './concurrency/parallel-streams.ts';
import { streamLeft } from './concurrency/stream-left.ts';

export const concurrencyCases: readonly CompatCase[] = [
  streamLeft,
  leftBeforeAnswer,
  halfRequest,
  parallelAnswers,
  parallelStreams,
];
