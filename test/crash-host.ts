/** One host of the story that crash-run.ts tells: it can be lost around any call that it makes to a port. */
import { type Autoscaler, type Clock, type Cloud, createAutoscaler, type Random, type Store, seconds } from '@lutra/core';
import { BehaviorSubject, concatMap, filter, firstValueFrom, map, merge, NEVER, type Observable, take } from 'rxjs';

/** Where the host is lost: around which of its port calls, counted from 1. Cut off from the store, its call to the cloud goes on. */
export interface CrashPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  readonly how: 'crash' | 'cut off' | 'freeze';
}
/** A call to a port. */
export interface PortCall {
  readonly port: 'cloud' | 'store';
  readonly name: string;
}

/** Whether it changes something in the cloud. */
export const isWrite = ({ port, name }: PortCall): boolean => port === 'cloud' && !/^(get|list|find|has)/.test(name);

const frozenFor = seconds(40);

/** One life of the host: what it does with ports counts, and stops when it is lost. */
export class Incarnation {
  readonly autoscaler: Autoscaler;
  readonly #point: CrashPoint | undefined;
  readonly #hears: boolean;
  readonly calls: PortCall[] = [];
  isLost = false;
  writtenWhenLost = 0;
  readonly #clock: Clock;
  readonly #frozen = new BehaviorSubject(false);

  /** `hears`: whether the store's hints reach it. */
  constructor(ports: { cloud: Cloud; store: Store; clock: Clock; random: Random }, point: CrashPoint | undefined, hears: boolean) {
    this.#point = point;
    this.#hears = hears;
    const { clock } = ports;
    this.#clock = clock;
    this.autoscaler = createAutoscaler({
      cloud: this.#guarded('cloud', ports.cloud),
      store: this.#guarded('store', ports.store),
      // what a dead host waits for never comes
      clock: {
        now: () => clock.now(),
        after: (delay) =>
          merge(clock.after(delay), NEVER).pipe(
            filter(() => !this.#isDead),
            take(1),
            concatMap(() => this.#thawed()),
          ),
      },
      random: ports.random,
      options: { selfHealInterval: seconds(3600) },
    });
  }

  /** It takes commands. */
  get isUp(): boolean {
    return !this.#frozen.value && !(this.isLost && this.#point?.how !== 'freeze');
  }

  #lose(): void {
    this.isLost = true;
    if (this.#point?.how !== 'freeze') return;
    this.#frozen.next(true);
    this.#clock.after(frozenFor).subscribe(() => this.#frozen.next(false));
  }

  /** Emits once when it is not frozen: at once, or when it thaws. */
  #thawed(): Observable<void> {
    return this.#frozen.pipe(
      filter((frozen) => !frozen),
      take(1),
      map(() => undefined),
    );
  }

  get #isDead(): boolean {
    return this.isLost && this.#point?.how === 'crash';
  }

  /** Whether what it asks of this port is never answered. */
  #isCutOff(port: PortCall['port']): boolean {
    return this.isLost && this.#point?.how !== 'freeze' && (port === 'store' || this.#isDead);
  }

  /** The port, every promise and stream of it through this life. */
  #guarded<P extends object>(port: PortCall['port'], target: P): P {
    const alive = <T>(stream: Observable<T>): Observable<T> => stream.pipe(filter(() => !this.#isCutOff(port) && !this.#frozen.value));
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'woken$') return this.#hears ? alive(value as Observable<unknown>) : NEVER;
        if (typeof value !== 'function') return value;
        const call = value as (...args: readonly unknown[]) => unknown;
        if (name === 'events$') return (...args: readonly unknown[]) => alive(call.apply(target, [...args]) as Observable<unknown>);
        return (...args: readonly unknown[]) =>
          this.#call({ port, name: String(name) }, () => call.apply(target, [...args]) as Promise<unknown>);
      },
    });
  }

  #call(made: PortCall, call: () => Promise<unknown>): Promise<unknown> {
    const never = new Promise<never>(() => undefined);
    if (this.#isCutOff(made.port)) return never;
    const here = this.#point?.call === this.calls.push(made);
    if (here && this.#point?.when === 'before') this.#lose();
    if (this.#isCutOff(made.port)) return never;
    const settle = (): boolean => {
      if (this.isLost && isWrite(made)) this.writtenWhenLost += 1;
      if (here) this.#lose();
      return !this.#isCutOff(made.port);
    };
    const late = (then: () => void): void => void this.#thawed().subscribe(then);
    const sent = this.#frozen.value ? firstValueFrom(this.#thawed()).then(call) : call();
    return new Promise((resolve, reject) => {
      sent.then(
        (value) => settle() && late(() => resolve(value)),
        (error: unknown) => settle() && late(() => reject(error)),
      );
    });
  }
}
