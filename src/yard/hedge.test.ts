/** Offers that are made to a second machine because the first does not answer. */
import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('an offer', () => {
  story(
    'that is not answered soon is made to a second machine too, and the quicker one has it',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     B connects
          > B/1 is live
    3     B reports tiny ready 3/4
    4     r1 asks tiny
          > offer r1.1 to A
    504   clock
          > offer r1.2 to B
    520   B accepts r1.2
          > cancel r1.1 on A: superseded
          > assign r1.2 to B
    # Too late.
    530   A accepts r1.1
          > cancel r1.1 on A: superseded
    540   A has stopped r1.1
    600   r1.2 ends
          > r1 is answered
    `,
  );

  story(
    'made twice is withdrawn from the slower machine',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/1
    4     r1 asks tiny
          > offer r1.1 to A
    504   clock
          > offer r1.2 to B
    520   A accepts r1.1
          > cancel r1.2 on B: superseded
          > assign r1.1 to A
    # B's slot is taken until it says that it is not.
    530   r2 asks tiny
          > r2 is number 1
    540   B has stopped r1.2
          > offer r2.1 to B
    `,
  );

  story(
    'made twice goes on with one machine when the other declines or is lost',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/1
    4     r1 asks tiny
          > offer r1.1 to A
    504   clock
          > offer r1.2 to B
    510   A declines r1.1: busy 1/1
    520   B disconnects
          > B/1 is lost
          > discard r1.2
          > r1 is number 1
    760   clock
    800   A reports tiny ready 0/1
          > offer r1.3 to A
    `,
  );

  story(
    'made twice and withdrawn by its client is cancelled on both machines',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/1
    4     r1 asks tiny
          > offer r1.1 to A
    504   clock
          > offer r1.2 to B
    600   r1 is withdrawn: client-left
          > cancel r1.2 on B: client-left
          > cancel r1.1 on A: client-left
          > r1 is cancelled: client-left
    `,
  );

  story(
    'is made twice of a later attempt too, and the one that came second is cancelled',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/1
    4     r1 asks tiny
          > offer r1.1 to A
    5     A accepts r1.1
          > assign r1.1 to A
    6     r1.1 fails: engine_failed
          > discard r1.1
          > offer r1.2 to B
    506   clock
          > offer r1.3 to A
    600   B accepts r1.2
          > cancel r1.3 on A: superseded
          > assign r1.2 to B
    `,
  );

  story(
    'is made twice only as often as the budget allows',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/2
    4     r1 asks tiny
          > offer r1.1 to A
    5     r2 asks tiny
          > offer r2.1 to B
    504   clock
          > offer r1.2 to B
    600   A accepts r1.1
          > cancel r1.2 on B: superseded
          > assign r1.1 to A
    601   B accepts r2.1
          > assign r2.1 to B
    `,
    { limits: { hedgesAtOnce: 1, hedgeShare: 0.1 } },
  );

  story(
    'whose body is large has as much longer as that may take on its way, and so has the second one',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      B connects
           > B/1 is live
    3      B reports tiny ready 0/1
    4      A starts beating
    4      B starts beating
    10     r1 asks tiny in 8000000 bytes
           > offer r1.1 to A
    # 16 s at 4 Mbit/s.
    16510  clock
           > offer r1.2 to B
    20000  A accepts r1.1
           > cancel r1.2 on B: superseded
           > assign r1.1 to A
    `,
  );

  story(
    'that nobody answers in time is cancelled everywhere and made anew',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/1
    4     r1 asks tiny
          > offer r1.1 to A
    5     A starts beating
    6     B starts beating
    504   clock
          > offer r1.2 to B
    5004  clock
          > cancel r1.2 on B: deadline
          > cancel r1.1 on A: deadline
          > discard r1.1
          > r1 is number 1
    5010  A has stopped r1.1
          > offer r1.3 to A
    `,
  );
});
