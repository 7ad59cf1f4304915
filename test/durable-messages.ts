/** What a host that may be killed and the test that owns its cloud say to each other. Plain values, over the channel of a child process. */
import { CloudError, type CloudErrorKind, type ErrorCode, LutraError, type ProviderEvent, type TenantId } from '@lutra/core';

/** A call of a method by name, in either direction. */
export interface Call {
  readonly call: number;
  readonly name: string;
  readonly args: readonly unknown[];
}
/** What a call came to. */
export type Answer =
  | { readonly answerTo: number; readonly value: unknown }
  | { readonly answerTo: number; readonly error: { readonly code?: ErrorCode; readonly kind?: CloudErrorKind; readonly message: string } };

export type ToHost = Call | Answer | { readonly event: ProviderEvent; readonly tenantId: TenantId };
export type FromHost = Call | Answer | { readonly isReady: true; readonly url: string };

/** Makes the call on this object, and answers it. Never rejects. */
export async function answered(target: object, { call, name, args }: Call): Promise<Answer> {
  try {
    const method = Reflect.get(target, name) as (...given: readonly unknown[]) => Promise<unknown>;
    return { answerTo: call, value: await method.apply(target, [...args]) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const kind = error instanceof CloudError ? { kind: error.kind } : {};
    const code = error instanceof LutraError ? { code: error.code } : {};
    return { answerTo: call, error: { message, ...kind, ...code } };
  }
}

/** Calls that were made to the other side, and are not answered yet. */
export class Calls {
  readonly #send: (call: Call) => void;
  readonly #open = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>();
  #last = 0;

  constructor(send: (call: Call) => void) {
    this.#send = send;
  }

  make(name: string, args: readonly unknown[]): Promise<unknown> {
    this.#last += 1;
    const call = this.#last;
    return new Promise((resolve, reject) => {
      this.#open.set(call, { resolve, reject });
      this.#send({ call, name, args });
    });
  }

  answer(answer: Answer): void {
    const open = this.#open.get(answer.answerTo);
    this.#open.delete(answer.answerTo);
    if ('value' in answer) open?.resolve(answer.value);
    else open?.reject(errorIn(answer.error));
  }

  /** Nobody will answer any more. */
  end(): void {
    for (const { reject } of this.#open.values()) reject(new LutraError('unavailable', 'the host is gone'));
    this.#open.clear();
  }
}

function errorIn({ kind, code, message }: Extract<Answer, { error: unknown }>['error']): Error {
  if (kind !== undefined) return new CloudError(kind, message);
  return code === undefined ? new Error(message) : new LutraError(code, message);
}
