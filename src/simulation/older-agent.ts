/** An agent of the link's first version: what it says of itself, and what it does not know. */

import { type GatewayMessage, type Read, readGatewayMessage } from '../contract/link/messages.ts';
import type { JsonText } from '../session/lanes.ts';
import type { Pipe, PipeHearer } from '../session/pipe.ts';

/** Dials as such an agent does: it offers the first version alone, and takes from `welcome` what that one had. */
export function dialAsOlder(dial: (hearer: PipeHearer) => Pipe): (hearer: PipeHearer) => Pipe {
  return (hearer) => {
    const pipe = dial({
      ...hearer,
      onFrame: (frame) => hearer.onFrame(frame.startsWith('{"type":"welcome"') ? olderWelcome(frame) : frame),
    });
    return {
      get bufferedBytes() {
        return pipe.bufferedBytes;
      },
      send: (head: string, payload: JsonText) => pipe.send(olderHello(head), payload),
      close: (reason) => pipe.close(reason),
      hear: (next) => pipe.hear(next),
    };
  };
}

/** It knows of no other pace than the one it was told at first. */
export function readAsOlder(text: string): Read<GatewayMessage> {
  const read = readGatewayMessage(text);
  const isNewer = read.kind === 'message' && read.message.type === 'heartbeat';
  return isNewer ? { kind: 'unknown', type: 'heartbeat' } : read;
}

const olderHello = (text: string): string =>
  text.startsWith('{"type":"hello"') ? JSON.stringify({ ...JSON.parse(text), protocol: [1, 1] }) : text;

function olderWelcome(text: string): string {
  const { beatInMs: _, pass: __, ...welcome } = JSON.parse(text);
  return JSON.stringify(welcome);
}
