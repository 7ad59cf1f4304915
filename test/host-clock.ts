import { type Clock, type DurationMs, type EpochMs, later, milliseconds } from '@lutra/core';
import type { VirtualClock } from '@lutra/simulator';
import { Observable } from 'rxjs';

/**
 * The clock of one host of several over one virtual time. It can be wrong by `ahead`. What the host waits for comes through it: while the
 * host is frozen nothing does, and all of it once it is let go, in the order in which it would have come; when it is dead, nothing does any
 * more.
 */
export class HostClock implements Clock {
  readonly #time: VirtualClock;
  #state: 'running' | 'frozen' | 'dead' = 'running';
  #late: readonly (() => void)[] = [];
  ahead: DurationMs = milliseconds(0);

  constructor(time: VirtualClock) {
    this.#time = time;
  }

  now(): EpochMs {
    return later(this.#time.now(), this.ahead);
  }

  after(delay: DurationMs): Observable<void> {
    return new Observable((subscriber) => {
      const fire = (): void => {
        subscriber.next();
        subscriber.complete();
      };
      return this.#time.after(delay).subscribe(() => this.#come(fire));
    });
  }

  /** The port as the host sees it: what it answers comes through this clock, what it is asked arrives at once. */
  through<P extends object>(port: P): P {
    return new Proxy(port, {
      get: (_, name) => {
        const member: unknown = Reflect.get(port, name);
        if (member instanceof Observable) return this.#coming(member);
        if (typeof member !== 'function') return member;
        return (...given: readonly unknown[]) => {
          const answer: unknown = Reflect.apply(member, port, given);
          return answer instanceof Observable ? this.#coming(answer) : this.#answered(answer as Promise<unknown>);
        };
      },
    });
  }

  freeze(): void {
    this.#state = 'frozen';
  }

  /** Lets the host go on: what has come meanwhile comes now, one after the other. */
  letGo(): void {
    this.#state = 'running';
    const late = this.#late;
    this.#late = [];
    for (const come of late) this.#time.after(milliseconds(0)).subscribe(() => this.#come(come));
  }

  die(): void {
    this.#state = 'dead';
    this.#late = [];
  }

  #come(work: () => void): void {
    if (this.#state === 'running') work();
    else if (this.#state === 'frozen') this.#late = [...this.#late, work];
  }

  #coming<T>(stream: Observable<T>): Observable<T> {
    return new Observable((subscriber) => stream.subscribe((value) => this.#come(() => subscriber.next(value))));
  }

  #answered<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.#come(() => resolve(value)),
        (error: unknown) => this.#come(() => reject(error)),
      );
    });
  }
}
