import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('the queue', () => {
  story(
    'refuses what is beyond the bounds per key and of the pool, not what a slot is free for',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1, big ready 0/1
    2  r1 asks tiny with ann
       > offer r1.1 to A
    3  r2 asks tiny with ann
       > r2 is number 1
    4  r3 asks tiny with ann
       > r3 is number 2
    5  r4 asks tiny with ann
       > r4 is rejected: queue_full, come back in 5000
    6  r5 asks tiny with bob
       > r5 is number 3
    7  r6 asks tiny with cid
       > r6 is rejected: queue_full, come back in 5000
    8  r7 asks big with ann
       > offer r7.1 to A
    `,
    { limits: { queuedPerKey: 2, queuedInPool: 3 } },
  );

  story(
    'lets nobody wait for longer than a minute',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 1/1
    2      A starts beating
    100    r1 asks tiny
           > r1 is number 1
    60100  clock
           > r1 is rejected: queue_timeout, come back in 5000
    `,
  );
});
