/** Machines that fail, requests that take engines down, and how much trying again is allowed. */
import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

const twoMachines = `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     B connects
          > B/1 is live
    3     B reports tiny ready 2/4`;

describe('a machine that fails', () => {
  story(
    'three times within a minute is passed over for half a minute, then tried with one request',
    `
    ${twoMachines}
    4     A starts beating
    4     B starts beating
    10    r1 asks tiny
          > offer r1.1 to A
    11    A accepts r1.1
          > assign r1.1 to A
    12    r1.1 fails: engine_failed
          > discard r1.1
          > offer r1.2 to B
    13    B accepts r1.2
          > assign r1.2 to B
    20    r2 asks tiny
          > offer r2.1 to A
    21    A accepts r2.1
          > assign r2.1 to A
    22    r2.1 fails: engine_failed
          > discard r2.1
          > offer r2.2 to B
    23    B accepts r2.2
          > assign r2.2 to B
    24    r1.2 ends
          > r1 is answered
    30    r3 asks tiny
          > offer r3.1 to A
    31    A accepts r3.1
          > assign r3.1 to A
    32    r3.1 fails: engine_failed
          > discard r3.1
          > offer r3.2 to B
    33    B accepts r3.2
          > assign r3.2 to B
    34    r2.2 ends
          > r2 is answered
    35    r3.2 ends
          > r3 is answered
    # A has the most room, and is not asked.
    40    r4 asks tiny
          > offer r4.1 to B
    41    B accepts r4.1
          > assign r4.1 to B
    # The half minute is over: one request.
    30100 r5 asks tiny
          > offer r5.1 to A
    30101 A accepts r5.1
          > assign r5.1 to A
    30102 r6 asks tiny
          > offer r6.1 to B
    30103 B accepts r6.1
          > assign r6.1 to B
    30104 r7 asks tiny
          > r7 is number 1, for about 4
    # It works again.
    30200 r5.1 ends
          > r5 is answered
          > offer r7.1 to A
    `,
    { limits: { decodeProgressMs: 100_000, prefillProgressMs: 100_000 } },
  );

  story(
    'is used all the same when no other has the model',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r1.1 fails: engine_failed
          > discard r1.1
          > offer r1.2 to A
    5     A accepts r1.2
          > assign r1.2 to A
    6     r1.2 fails: engine_failed
          > discard r1.2
          > offer r1.3 to A
    7     A accepts r1.3
          > assign r1.3 to A
    8     r1.3 fails: engine_failed
          > r1 is rejected: engine_failed
    9     r2 asks tiny
          > offer r2.1 to A
    `,
  );

  story(
    'to stay connected, again and again, is used last',
    `
    0     A connects
          > A/1 is live
    1     A disconnects
          > A/1 is lost
    2     A connects
          > A/2 is live
    3     A disconnects
          > A/2 is lost
    4     A connects
          > A/3 is live
    5     A reports tiny ready 0/4
    6     B connects
          > B/1 is live
    7     B reports tiny ready 3/4
    8     r1 asks tiny
          > offer r1.1 to B
    `,
    { limits: { dropsPerHour: 1 } },
  );

  story(
    'but its owner stops it, and starts it anew, is as good as before',
    `
    0     A connects
          > A/1 is live
    1     A is stopped
          > A/1 is lost
    2     A connects
          > A/2 is live
    # It was killed, and is back before anybody missed it.
    3     A connects
          > A/2 is lost
          > A/3 is live
    4     A is stopped
          > A/3 is lost
    5     A connects
          > A/4 is live
    6     A reports tiny ready 0/4
    7     B connects
          > B/1 is live
    8     B reports tiny ready 3/4
    9     r1 asks tiny
          > offer r1.1 to A
    `,
    { limits: { dropsPerHour: 1 } },
  );
});

describe('a request that crashes engines', () => {
  story(
    'on two machines is refused, and the machines are told whose fault it was',
    `
    ${twoMachines}
    10    r1 asks tiny
          > offer r1.1 to A
    11    A accepts r1.1
          > assign r1.1 to A
    12    r1.1 fails: engine_crashed under poison
          > discard r1.1
          > offer r1.2 to B
    13    B accepts r1.2
          > assign r1.2 to B
    14    r1.2 fails: engine_crashed under poison
          > pardon r1.1 on A
          > pardon r1.2 on B
          > r1 is rejected: request_crashes_engines
    # The client tries again.
    20    r2 asks tiny under poison
          > r2 is rejected: request_crashes_engines
    # Another request is another matter.
    21    r3 asks tiny under cake
          > offer r3.1 to A
    `,
  );

  story(
    'three times on the only machine is refused too',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r1.1 fails: engine_crashed under poison
          > discard r1.1
          > offer r1.2 to A
    5     A accepts r1.2
          > assign r1.2 to A
    6     r1.2 fails: engine_crashed under poison
          > discard r1.2
          > offer r1.3 to A
    7     A accepts r1.3
          > assign r1.3 to A
    8     r1.3 fails: engine_crashed under poison
          > pardon r1.1 on A
          > pardon r1.2 on A
          > pardon r1.3 on A
          > r1 is rejected: request_crashes_engines
    `,
  );

  story(
    'is forgotten after its time',
    `
    ${twoMachines}
    4     A starts beating
    4     B starts beating
    10    r1 asks tiny
          > offer r1.1 to A
    11    A accepts r1.1
          > assign r1.1 to A
    12    r1.1 fails: engine_crashed under poison
          > discard r1.1
          > offer r1.2 to B
    13    B accepts r1.2
          > assign r1.2 to B
    14    r1.2 fails: engine_crashed under poison
          > pardon r1.1 on A
          > pardon r1.2 on B
          > r1 is rejected: request_crashes_engines
    5000  r2 asks tiny under poison
          > r2 is rejected: request_crashes_engines
    5014  r3 asks tiny under poison
          > offer r3.1 to A
    `,
    { limits: { suspectMs: 5_000 } },
  );
});

describe('trying again after a fault', () => {
  story(
    'is limited for each key; a lost machine costs nothing',
    `
    ${twoMachines}
    10    r1 asks tiny
          > offer r1.1 to A
    11    A accepts r1.1
          > assign r1.1 to A
    12    r1.1 fails: engine_failed
          > discard r1.1
          > offer r1.2 to B
    13    B accepts r1.2
          > assign r1.2 to B
    # The key's only retry is spent.
    14    r1.2 fails: engine_failed
          > r1 is rejected: engine_failed
    20    r2 asks tiny with other
          > offer r2.1 to A
    21    A accepts r2.1
          > assign r2.1 to A
    22    r2.1 fails: engine_failed
          > discard r2.1
          > offer r2.2 to B
    23    B accepts r2.2
          > assign r2.2 to B
    30    B disconnects
          > B/1 is lost
          > discard r2.2
          > offer r2.3 to A
    `,
    { limits: { retriesAtOnce: 1 } },
  );
});

describe('a machine with something wrong', () => {
  story(
    'is passed over while that is so, and used when no other has the model',
    `
    ${twoMachines}
    4     A is judged: on-battery
    5     r1 asks tiny
          > offer r1.1 to B
    6     B disconnects
          > B/1 is lost
          > discard r1.1
          > offer r1.2 to A
    7     A accepts r1.2
          > assign r1.2 to A
    8     B connects
          > B/2 is live
    9     B reports tiny ready 2/4
    10    A is judged
    11    r1.2 shows content
    12    r2 asks tiny
          > offer r2.1 to A
    `,
  );

  story(
    'helps out when the others are full',
    `
    ${twoMachines}
    4     A is judged: on-battery
    5     r1 asks tiny
          > offer r1.1 to B
    6     r2 asks tiny
          > offer r2.1 to B
    7     r3 asks tiny
          > offer r3.1 to A
    `,
  );
});
