/** The cases of `cancellation/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { halfRequest } from './cancellation/half-request.ts';
import { leftBeforeAnswer } from './cancellation/left-before-answer.ts';
import { parallelAnswers } from './cancellation/parallel-answers.ts';
import { parallelStreams } from './cancellation/parallel-streams.ts';
import { streamLeft } from './cancellation/stream-left.ts';

export const cancellationCases: readonly CompatCase[] = [
  streamLeft,
  leftBeforeAnswer,
  halfRequest,
  parallelAnswers,
  parallelStreams,
];
