/** Prompts that do not fit the window of a machine, where copies of one model have windows of several sizes. */
import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('a prompt too long for one machine', () => {
  story(
    'goes to one with a larger window, and costs no try',
    `
    0  A connects
       > A/1 is live
    0  A reports tiny ready 0/1
    0  B connects
       > B/1 is live
    0  B reports tiny ready 0/1 window 32768
    1  r1 asks tiny
       > offer r1.1 to A
    2  A declines r1.1: context-overflow 9000>7168
       > discard r1.1
       > offer r1.2 to B
    3  B accepts r1.2
       > assign r1.2 to B
    `,
  );

  story(
    'waits for that one while it is full',
    `
    0  A connects
       > A/1 is live
    0  A reports tiny ready 0/1
    0  B connects
       > B/1 is live
    0  B reports tiny ready 1/1 window 32768
    1  r1 asks tiny
       > offer r1.1 to A
    2  A declines r1.1: context-overflow 9000>7168
       > discard r1.1
       > r1 is number 1
    3  B reports tiny ready 0/1 window 32768
       > offer r1.2 to B
    `,
  );

  story(
    'is told the largest of the windows when it fits none',
    `
    0  A connects
       > A/1 is live
    0  A reports tiny ready 0/1
    0  B connects
       > B/1 is live
    0  B reports tiny ready 0/1 window 32768
    1  r1 asks tiny
       > offer r1.1 to A
    2  A declines r1.1: context-overflow 90000>7168
       > r1 is rejected: context_overflow
    `,
  );

  story(
    'is told so when the larger window goes while it waits for it',
    `
    0  A connects
       > A/1 is live
    0  A reports tiny ready 0/1
    0  B connects
       > B/1 is live
    0  B reports tiny ready 1/1 window 32768
    1  r1 asks tiny
       > offer r1.1 to A
    2  A declines r1.1: context-overflow 9000>7168
       > discard r1.1
       > r1 is number 1
    3  B disconnects
       > B/1 is lost
       > r1 is rejected: context_overflow
    `,
  );
});
