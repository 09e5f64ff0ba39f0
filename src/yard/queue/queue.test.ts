import { describe } from 'node:test';
import { story } from '../fixtures/story.ts';

describe('the queue', () => {
  story(
    'refuses what is beyond the bounds per key and of the model, but no key of which nobody waits',
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
       > r4 is rejected: queue_full, come back in 5582
    6  r5 asks tiny with bob
       > r5 is number 1
    7  r6 asks tiny with bob
       > r6 is rejected: queue_full, come back in 5811
    8  r7 asks tiny with cid
       > r7 is number 2
    9  r8 asks big with ann
       > offer r8.1 to A
    `,
    { limits: { queuedPerKey: 2, queuedAtLeast: 3, queuedPerSlot: 1 } },
  );

  story(
    'lets nobody wait for longer than a minute, or than the client said',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 1/1
    2      A starts beating
    100    r1 asks tiny
           > r1 is number 1
    200    r2 asks tiny for 8000 ms
           > r2 is number 2
    8200   clock
           > r2 is rejected: queue_timeout, come back in 5025
    60100  clock
           > r1 is rejected: queue_timeout, come back in 5919
    `,
  );

  story(
    'gives keys their turns alternately, whoever asked for much first',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/1
    10  a1 asks tiny with ann
        > offer a1.1 to A
    11  a2 asks tiny with ann
        > a2 is number 1
    12  a3 asks tiny with ann
        > a3 is number 2
    13  b1 asks tiny with bob
        > b1 is number 1
    14  b2 asks tiny with bob
        > b2 is number 3
    20  A accepts a1.1
        > assign a1.1 to A
    30  a1.1 ends
        > a1 is answered
        > offer b1.1 to A
    40  A accepts b1.1
        > assign b1.1 to A
    50  b1.1 ends
        > b1 is answered
        > offer a2.1 to A
    60  A accepts a2.1
        > assign a2.1 to A
    70  a2.1 ends
        > a2 is answered
        > offer b2.1 to A
    `,
  );

  story(
    'sends away at once what would wait for longer than its client, once it knows how long that is',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      A starts beating
    10     r1 asks tiny
           > offer r1.1 to A
    10     A accepts r1.1
           > assign r1.1 to A
    20010  r1.1 ends
           > r1 is answered
    30000  r2 asks tiny
           > offer r2.1 to A
    30000  A accepts r2.1
           > assign r2.1 to A
    50000  r2.1 ends
           > r2 is answered
    60000  r3 asks tiny
           > offer r3.1 to A
    60000  A accepts r3.1
           > assign r3.1 to A
    80000  r3.1 ends
           > r3 is answered
    80001  r4 asks tiny
           > offer r4.1 to A
    80002  A accepts r4.1
           > assign r4.1 to A
    80003  r5 asks tiny
           > r5 is number 1, for about 19998
    80004  r6 asks tiny for 30000 ms
           > r6 is rejected: queue_too_long, come back in 11622
    80005  r7 asks tiny
           > r7 is number 2, for about 39996
    80006  r8 asks tiny with bob for 30000 ms
           > r8 is number 1, for about 19995
    `,
  );
});

describe('those who are turned away', () => {
  story(
    'are asked to come back as long as their key has invitations, which time refills',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 1/1
    2     r1 asks tiny
          > r1 is number 1
    3     r2 asks tiny
          > r2 is rejected: queue_full, come back in 5025
    4     r3 asks tiny
          > r3 is rejected: queue_full, come back in 5573
    5     r4 asks tiny
          > r4 is rejected: overloaded
    6     r5 asks tiny with bob
          > r5 is number 2
    7     r6 asks tiny with bob
          > r6 is rejected: queue_full, come back in 5811
    1100  r7 asks tiny
          > r7 is rejected: queue_full, come back in 5711
    1101  r8 asks tiny
          > r8 is rejected: overloaded
    `,
    { limits: { queuedPerKey: 1, invitationsAtOnce: 2, invitationsPerSecond: 1, invitationShare: 0 } },
  );
});

describe('classes', () => {
  story(
    'go in their order, but of four turns one is background’s while it waits',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/1
    10  r1 asks tiny
        > offer r1.1 to A
    11  b1 asks tiny as background
        > b1 is number 1
    12  r2 asks tiny
        > r2 is number 1
    13  r3 asks tiny
        > r3 is number 2
    14  r4 asks tiny
        > r4 is number 3
    15  r5 asks tiny
        > r5 is number 4
    20  A accepts r1.1
        > assign r1.1 to A
    21  r1.1 ends
        > r1 is answered
        > offer r2.1 to A
    30  A accepts r2.1
        > assign r2.1 to A
    31  r2.1 ends
        > r2 is answered
        > offer r3.1 to A
    40  A accepts r3.1
        > assign r3.1 to A
    41  r3.1 ends
        > r3 is answered
        > offer r4.1 to A
    50  A accepts r4.1
        > assign r4.1 to A
    51  r4.1 ends
        > r4 is answered
        > offer b1.1 to A
    `,
  );

  story(
    'batch takes a slot nobody else came for in two seconds, and leaves one free',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/2
    10    r1 asks tiny
          > offer r1.1 to A
    11    n1 asks tiny as batch
          > n1 is number 1
    12    n2 asks tiny as batch
          > n2 is number 2
    20    A accepts r1.1
          > assign r1.1 to A
    3000  r1.1 ends
          > r1 is answered
    5000  clock
          > offer n1.1 to A
    5001  A accepts n1.1
          > assign n1.1 to A
    6000  clock
          > n2 is number 1
    6500  r2 asks tiny
          > offer r2.1 to A
    `,
  );

  story(
    'batch has one of eight turns once it has waited too long',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/1
    10  r1 asks tiny
        > offer r1.1 to A
    11  n1 asks tiny as batch
        > n1 is number 1
    12  r2 asks tiny
        > r2 is number 1
    13  r3 asks tiny
        > r3 is number 2
    20  A accepts r1.1
        > assign r1.1 to A
    21  r1.1 ends
        > r1 is answered
        > offer r2.1 to A
    30  A accepts r2.1
        > assign r2.1 to A
    31  r2.1 ends
        > r2 is answered
        > offer n1.1 to A
    `,
    { limits: { batchTurns: 2, batchPatienceMs: 15 } },
  );
});
