/**
 * A simulated cloud that outlives its host, commands that are given to it under keys, and what must be true whenever all of them are
 * acknowledged: a command that no host acknowledged is given again with its key, so each takes effect exactly once.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import {
  type ActivityEntry,
  type Autoscaler,
  epochMs,
  type GroupId,
  LutraError,
  later,
  milliseconds,
  type PolicyId,
  type Random,
  type RandomStream,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { cloudOver, type Pace, paces, World } from '@lutra/simulator';
import { until } from './cli-serve-process.ts';
import type { Json } from './durable-hosts.ts';
import { answered, Calls, type FromHost, type ToHost } from './durable-messages.ts';

const tenantId = '829409' as TenantId;
/** Builds fast, so that a kill meets creates, deletes and rests alike. */
const pace: Pace = {
  ...paces.demo,
  build: { kind: 'uniform', least: milliseconds(100), most: milliseconds(600) },
  delete: { kind: 'fixed', duration: milliseconds(200) },
};
const initially = 10;

interface Group {
  readonly id: GroupId;
  readonly more: PolicyId;
  readonly fewer: PolicyId;
  /** What every command given so far comes to, schedules that are still to run too. */
  desired: number;
  /** The same without schedules that may still have to run. */
  sure: number;
  /** The most that it may have been asked for since all was last at rest. */
  most: number;
  schedules: number;
  executed: number;
  lastSchedule: number;
}

/** A command, as a request to the API. */
interface Command {
  readonly path: string;
  readonly body?: object;
  readonly key: string;
  /** What was counted when it was given for the first time is no more: it came to nothing for good. */
  readonly undo?: () => void;
}

/**
 * How the host is set up. A write that was planned and never sent is waited for before it is sent again: three seconds here, not minutes. By
 * default a delete that was lost with its host leaves a server too many for `deleteAgainFirst`, a minute, which the group's activity says.
 */
const configuration = (data: string): string => `data: ${data}
port: 0
limits: { rate: { tenant: off, execute: off } }
options: { createVisibility: 3s, deleteAgainFirst: 3s, waitingFallback: 3s, selfHealInterval: 5s, sweepInterval: 200ms, createsPerHour: null }
`;

/** An answer of the API that is no success. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`${status}: ${text}`);
    this.status = status;
  }
}

export class DurableRun {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lutra-durable-'));
  readonly #clock = nodeClock();
  readonly #random: Random & RandomStream;
  readonly #world: World;
  readonly #cloud: ReturnType<typeof cloudOver>;
  readonly #groups: Group[] = [];
  /** Commands that no host has acknowledged. */
  readonly #open = new Set<Command>();
  #child: ChildProcess | undefined;
  #url = '';
  #calls = new Calls(() => {});
  #keys = 0;
  /** When creates of late came in: those shortly before a kill are of unknown effect to the host. */
  #creates: number[] = [];
  #unknown = 0;
  /** The newest sequence of activity at each kill: what is above it is of the next life. */
  readonly #kills: number[] = [];
  /** What went wrong: a sentence each. */
  readonly wrong: string[] = [];
  acknowledged = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed) as Random & RandomStream;
    this.#world = new World({ clock: this.#clock, random: this.#random.fork('world'), pace });
    this.#cloud = cloudOver(this.#world);
    writeFileSync(join(this.#folder, 'lutra.yaml'), configuration(join(this.#folder, 'data')));
    this.#cloud.events$(tenantId).subscribe((event) => this.#send({ event, tenantId }));
  }

  /** Starts a host; resolves when it takes commands. */
  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'durable-host.ts'), [join(this.#folder, 'lutra.yaml')], {
      ...{ execArgv: ['--conditions=lutra-source'], serialization: 'advanced' },
    });
    this.#child = child;
    const calls = new Calls((call) => this.#send(call));
    this.#calls = calls;
    child.once('exit', () => calls.end());
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the host ended with ${code}`)));
      child.on('message', (message: FromHost) => {
        if ('isReady' in message) {
          this.#url = message.url;
          resolve();
        } else if ('answerTo' in message) calls.answer(message);
        else void this.#answer(child, message);
      });
    });
  }

  /** SIGKILL, and what the host was about to learn it never does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    const now = this.#clock.now();
    this.#unknown = this.#creates.filter((at) => now - at < 300).length;
    await gone;
    this.#kills.push(this.#newestSequence());
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }

  async createGroups(count: number): Promise<void> {
    const change = (name: string, by: number) => ({ name, cooldown: 0, type: 'webhook', change: by });
    for (let n = 0; n < count; n += 1) {
      const { group: made } = await this.#request('POST', '', {
        groupConfiguration: { name: `g${n}`, cooldown: 0, minEntities: 0, maxEntities: 500, metadata: {} },
        launchConfiguration: {
          type: 'launch_server',
          args: { server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' } },
        },
        scalingPolicies: [
          { name: 'begin', cooldown: 0, type: 'webhook', desiredCapacity: initially },
          change('more', 1),
          change('fewer', -1),
        ],
      });
      const idOf = (name: string): PolicyId => made.scalingPolicies.find((policy: { name: string }) => policy.name === name).id;
      await this.#request('POST', `/${made.id}/policies/${idOf('begin')}/execute`);
      const group = { id: made.id, more: idOf('more'), fewer: idOf('fewer'), desired: initially, sure: initially, most: initially };
      this.#groups.push({ ...group, schedules: 0, executed: 1, lastSchedule: 0 });
    }
  }

  /** Gives commands, four at a time, for so long; then kills the host in the middle of them. */
  async loadAndKill(forMs: number): Promise<void> {
    const ends = performance.now() + forMs;
    const worker = async (): Promise<void> => {
      while (performance.now() < ends) {
        await this.#give(this.#nextCommand()).catch(() => undefined);
        await this.#pause(this.#random.next() * 5);
      }
    };
    const workers = Promise.all([worker(), worker(), worker(), worker()]);
    await this.#pause(forMs);
    await this.kill();
    await workers;
  }

  /** Gives again what was not acknowledged, waits until all is at rest, and looks whether everything is as it was asked for. */
  async check(what: string): Promise<void> {
    for (const command of [...this.#open]) await this.#give(command);
    for (const group of this.#groups) {
      await until(
        `${what}: ${group.id} is at rest as it was asked for`,
        () => this.#stateOf(group),
        ({ isAtRest }) => isAtRest,
        30, // twice what it takes to send again what a killed host had planned and never sent: a busy machine answers late
      );
      Object.assign(group, { most: group.desired, sure: group.desired });
    }
    this.#unknown = 0;
    await this.#checkActivity(what);
  }

  /** In the file that a killed host has left. */
  #newestSequence(): number {
    const database = new DatabaseSync(join(this.#folder, 'data', 'groups.db'), { readOnly: true });
    try {
      return Number(database.prepare('SELECT coalesce(max(sequence), 0) AS newest FROM activity').get()?.newest);
    } finally {
      database.close();
    }
  }

  /** Whether the plan of a pass stands in the activity still: something was told between the two, in the same life of the host. */
  #hasOwnPlan(entries: readonly ActivityEntry[], pass: ActivityEntry): boolean {
    const { content } = pass;
    if (content.kind !== 'pass') return false;
    const before = entries.filter(({ groupId, sequence }) => groupId === pass.groupId && sequence < pass.sequence);
    const sinceLast = before.slice(before.findLastIndex((one) => one.content.kind === 'pass') + 1);
    const life = lifeOf(pass.sequence, this.#kills);
    return sinceLast
      .slice(0, -1) // right before it, its plan would have gone
      .some(
        ({ content: plan, sequence }) =>
          lifeOf(sequence, this.#kills) === life && isDeepStrictEqual(plan, { kind: 'plan', ...content.plan }),
      );
  }

  /**
   * Every note takes a number of its own. Equal notes in a row are one entry, with the number of the last; a pass takes the place of its own
   * plan, if nothing was told between the two. So it is known how many numbers no entry tells of.
   */
  async #checkActivity(what: string): Promise<void> {
    const entries: ActivityEntry[] = [];
    for (;;) {
      const after = entries.at(-1)?.sequence ?? 0;
      const page = await this.#asked((autoscaler) => autoscaler.activity(tenantId, { after, limit: 500 }));
      entries.push(...page);
      if (page.length < 500) break;
    }
    const counted = (of: readonly ActivityEntry[]): number => of.reduce((sum, { times }) => sum + times, 0);
    const passes = entries.filter(({ content }) => content.kind === 'pass' && content.plan !== undefined);
    const folded = counted(passes) - passes.filter((pass) => this.#hasOwnPlan(entries, pass)).length;
    const missing = (entries.at(-1)?.sequence ?? 0) - counted(entries);
    if (missing !== folded) {
      this.wrong.push(`${what}: ${missing} numbers of activity are told of nowhere, and passes took the place of ${folded} plans`);
    }
    for (const { id, executed, schedules } of this.#groups) {
      const runs = entries.filter(
        ({ groupId, content }) =>
          groupId === id &&
          content.kind === 'command' &&
          content.refused === null &&
          /^(execute-policy|run-schedule)$/.test(content.command),
      );
      if (runs.length !== executed + schedules)
        this.wrong.push(`${what}: activity has ${runs.length} executions of ${id}, there were ${executed + schedules}`);
    }
  }

  async #stateOf(group: Group) {
    const { desiredCapacity, activeCapacity, pendingCapacity } = (await this.#request('GET', `/${group.id}/state`)).group;
    const up = this.#serversOf(group.id);
    const active = up.filter(({ status }) => status === 'ACTIVE').length;
    const numbers = [desiredCapacity, activeCapacity, active, up.length];
    const isAtRest = this.#clock.now() > group.lastSchedule && pendingCapacity === 0 && numbers.every((one) => one === group.desired);
    return { isAtRest, expected: group.desired, desiredCapacity, activeCapacity, pendingCapacity, active, up: up.length };
  }

  /** Servers of the group that count, in truth. */
  #serversOf(groupId: string) {
    const all = this.#world.tenant(tenantId).compute.servers.all();
    return all.filter((server) => server.groupId === groupId && !server.deleting);
  }

  /** A command, counted as given from now on. */
  #nextCommand(): Command {
    const group = this.#groups[Math.floor(this.#random.next() * this.#groups.length)] as Group;
    this.#keys += 1;
    const key = `k${this.#keys}`;
    const policies = `/${group.id}/policies`;
    if (this.#random.next() < 0.05) {
      const at = later(epochMs(Math.ceil(this.#clock.now() / 1000) * 1000), seconds(1 + Math.floor(this.#random.next() * 2)));
      const args = { at: `${new Date(at).toISOString().slice(0, 19)}Z` };
      const schedule = { name: `at ${this.#keys}`, cooldown: 0, type: 'schedule', args, change: 1 };
      Object.assign(group, { schedules: group.schedules + 1, lastSchedule: Math.max(group.lastSchedule, at) });
      this.#count(group, 1);
      const undo = (): void => {
        group.schedules -= 1;
        group.desired -= 1;
      };
      return { path: policies, body: [schedule], key, undo };
    }
    const isMore = this.#random.next() < (group.sure < initially ? 0.8 : 0.2);
    group.executed += 1;
    group.sure += isMore ? 1 : -1;
    this.#count(group, isMore ? 1 : -1);
    return { path: `${policies}/${isMore ? group.more : group.fewer}/execute`, key };
  }

  #count(group: Group, by: number): void {
    group.desired += by;
    if (by > 0) group.most += 1;
  }

  /** A schedule of which no host had heard before its instant passed is refused when it is given again. */
  async #give(command: Command): Promise<void> {
    this.#open.add(command);
    try {
      await this.#request('POST', command.path, command.body, command.key);
    } catch (error) {
      if (command.undo === undefined || !(error instanceof Refused) || error.status !== 400) throw error;
      command.undo();
    }
    this.#open.delete(command);
    this.acknowledged += 1;
  }

  /** What the API of the host that lives now answers. Rejects when it answers no success, or none. */
  async #request(method: string, path: string, body?: object, key?: string): Promise<Json> {
    if (this.#child === undefined) throw new LutraError('unavailable', 'there is no host');
    const response = await fetch(`${this.#url}/v1.0/${tenantId}/groups${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Refused(response.status, text);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The autoscaler of the host that lives now. */
  #asked<T>(question: (autoscaler: Autoscaler) => Promise<T>): Promise<T> {
    const calls = this.#calls;
    const remote = new Proxy({} as Autoscaler, {
      get:
        (_, name) =>
        (...args: readonly unknown[]) =>
          calls.make(String(name), args),
    });
    if (this.#child === undefined) return Promise.reject(new LutraError('unavailable', 'there is no host'));
    return question(remote);
  }

  /** Answers a call to the cloud, if the host that made it still lives. */
  async #answer(child: ChildProcess, call: Extract<FromHost, { call: number }>): Promise<void> {
    const options = { signal: new AbortController().signal, mayStart: () => true };
    if (call.name === 'createServer') this.#creates = [...this.#creates.slice(-99), this.#clock.now()];
    const answer = await answered(this.#cloud, { ...call, args: [...call.args, options] });
    if (call.name === 'createServer') this.#lookForOvershoot();
    if (this.#child === child) this.#send(answer);
  }

  #lookForOvershoot(): void {
    for (const { id, most } of this.#groups) {
      const count = this.#serversOf(id).length;
      if (count > most + this.#unknown)
        this.wrong.push(`${id} has ${count} servers, at most ${most} were asked for, ${this.#unknown} unknown`);
    }
  }

  #send(message: ToHost): void {
    if (this.#child?.connected) this.#child.send(message, () => {}); // it may be gone by now
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(milliseconds(Math.round(forMs))).subscribe(() => resolve()));
  }
}

/** In which life of the host a sequence was given. */
const lifeOf = (sequence: number, kills: readonly number[]): number => kills.filter((newest) => newest < sequence).length;
