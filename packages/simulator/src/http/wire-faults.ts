import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { WireFault } from '../world/wire-fault.ts';
import type { World } from '../world/world.ts';

/** An answer as it would be written. */
export interface Written {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Empty: none. */
  readonly body: string;
}

/** Writes an answer in whose way a fault of the transport is: another body or status, a body that stops coming or breaks off. Waits on the world's clock. */
export function writeFaulted(response: ServerResponse, answer: Written, wire: WireFault, world: Pick<World, 'after'>): void {
  const { status, type, text: body = answer.body } = changed(answer, wire);
  const headers = type === undefined ? answer.headers : { ...answer.headers, 'Content-Type': type };
  const bytes = Buffer.from(body);
  const { endsAt, stallsAt, stallsFor } = wire;
  if (endsAt !== undefined) {
    // One byte is always missing, so that nobody can take what comes for all of it.
    response.writeHead(status, { ...headers, 'Content-Length': Math.max(bytes.length, endsAt) + 1 });
    response.flushHeaders();
    response.write(bytes.subarray(0, endsAt), () => response.socket?.destroy());
    return;
  }
  response.writeHead(status, { ...headers, 'Content-Length': bytes.length + (stallsAt !== undefined && bytes.length === 0 ? 1 : 0) });
  if (stallsAt === undefined) {
    response.end(bytes);
    return;
  }
  response.flushHeaders();
  response.write(bytes.subarray(0, stallsAt));
  if (stallsFor === undefined) return; // until the caller gives up
  const rest = bytes.length === 0 ? Buffer.from(' ') : bytes.subarray(stallsAt);
  const waiting = world.after(stallsFor).subscribe(() => response.end(rest));
  response.once('close', () => waiting.unsubscribe());
}

/** What a fault makes of status and body. `text` and `type`: absent, unless the body is another one. */
export function changed(
  { status: documented }: { readonly status: number },
  wire: WireFault,
): { readonly status: number; readonly type?: string; readonly text?: string } {
  const other = wire.status === documented ? 200 : wire.status;
  const status = other !== undefined && documented < 300 ? other : documented;
  if (wire.body === undefined) return { status };
  return { status: status === 204 ? 200 : status, type: wire.body.type, text: wire.body.text };
}
