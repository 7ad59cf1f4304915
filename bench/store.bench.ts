import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Autoscaler,
  type Cloud,
  createAutoscaler,
  createMemoryStore,
  type GroupRef,
  type KnownServer,
  type PolicyId,
  type ServerId,
  type Store,
  type TenantId,
} from '@lutra/core';
import { nodeClock, nodeSecrets } from '@lutra/core/node';
import { openSqliteStore } from '@lutra/store-sqlite';
import { type Finding, medianOf, type Part, pairedMedian } from './harness.ts';

const tenantId = 'tenant' as TenantId;
const [rounds, roundMs] = [5, 400];
const clients = [1, 32, 256] as const;
const clock = nodeClock();

/** The embedded store in a file, beside memory and beside one upsert after another into a plain table, each flushed before the next. */
export const storing: Part = {
  name: 'store',
  about: 'commands/s on the embedded store, beside raw upserts; bytes for one changed server of 1,000; reads while flushes are slow',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-bench-'));
    try {
      const store = await openSqliteStore(join(folder, 'lutra.db'), { clock, secrets: nodeSecrets(new Uint8Array(32)), holder: 'bench' });
      const findings = [
        ...(await commands(store, rawUpserts(join(folder, 'raw.db')))),
        await bytesPerPass(store),
        await readsWhileFlushing(store),
      ];
      await store.close();
      return findings;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Target {
  readonly ref: GroupRef;
  readonly policies: readonly PolicyId[];
}

/** Groups that each have two policies, so that every execution changes something. */
async function targetsOn(autoscaler: Autoscaler, count: number): Promise<readonly Target[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const { id, policies } = await autoscaler.createGroup({
        tenantId,
        groupConfiguration: { name: `g${n}`, cooldown: 0, minEntities: 1, maxEntities: 9, metadata: {} },
        launchConfiguration: { type: 'launch_server', args: { server: { name: 'web', imageRef: 'i', flavorRef: '2' } } },
        scalingPolicies: [3, 5].map((desiredCapacity) => ({
          name: `${desiredCapacity}`,
          cooldown: 0,
          type: 'webhook' as const,
          desiredCapacity,
        })),
      });
      return { ref: { tenantId, groupId: id }, policies: policies.map((policy) => policy.id) };
    }),
  );
}

/** Commands ask nothing of the cloud here. */
const cloud = {
  hasFlavor: async () => true,
  getImage: async () => ({ id: 'i', status: 'ACTIVE', minRam: 0, minDisk: 0 }),
  getLimits: async () => ({}),
} as unknown as Cloud;
const engineOn = (store: Store): Autoscaler => createAutoscaler({ cloud, store, clock, limitsOf: () => ({ groups: 1000 }) });

/** Executions of policies in a second, by so many clients that each wait for their answer. */
async function executing(autoscaler: Autoscaler, targets: readonly Target[]): Promise<number> {
  const begun = performance.now();
  let done = 0;
  const client = async ({ ref, policies }: Target): Promise<void> => {
    while (performance.now() - begun < roundMs) {
      for (const policyId of policies) await autoscaler.executePolicy({ ...ref, policyId });
      done += 2;
    }
  };
  await Promise.all(targets.map(client));
  return (done * 1000) / (performance.now() - begun);
}

/** Upserts in a second of a document as large as a group's row, each in a transaction of its own that is on the disk before the next. */
function rawUpserts(file: string): () => number {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id TEXT PRIMARY KEY, document TEXT NOT NULL)');
  const upsert = database.prepare('INSERT INTO rows VALUES (?, ?) ON CONFLICT DO UPDATE SET document = excluded.document');
  const document = 'x'.repeat(2000);
  let done = 0;
  return () => {
    const [begun, before] = [performance.now(), done];
    for (; performance.now() - begun < roundMs; done += 1) upsert.run(`${done % 256}`, `${done}${document}`); // the same again would write nothing
    return ((done - before) * 1000) / (performance.now() - begun);
  };
}

async function commands(store: Store, raw: () => number): Promise<readonly Finding[]> {
  const engines = [engineOn(createMemoryStore(clock)), engineOn(store)] as const;
  const targets = await Promise.all(engines.map((engine) => targetsOn(engine, Math.max(...clients))));
  const rates = new Map<string, number[]>();
  const note = (name: string, rate: number): void => void rates.set(name, [...(rates.get(name) ?? []), rate]);
  for (let round = -1; round < rounds; round += 1) {
    if (round === 0) rates.clear(); // the first one is to warm up
    note('raw', raw());
    for (const count of clients) {
      for (const [index, name] of (['memory', 'sqlite'] as const).entries()) {
        const engine = engines[index] ?? engines[0];
        note(`${name} ${count}`, await executing(engine, (targets[index] ?? []).slice(0, count)));
      }
    }
  }
  const of = (name: string): readonly number[] => rates.get(name) ?? [];
  const aims: Readonly<Record<number, number>> = { 1: 0.8, 256: 8 };
  return [
    { what: 'raw upserts, one by one', value: medianOf(of('raw')), unit: 'commits/s' },
    ...clients.flatMap((count): Finding[] => {
      const [memory, sqlite] = [of(`memory ${count}`), of(`sqlite ${count}`)];
      const aim = aims[count];
      return [
        { what: `execute, ${count} clients, memory`, value: medianOf(memory), unit: 'commands/s' },
        { what: `execute, ${count} clients, sqlite`, value: medianOf(sqlite), unit: 'commands/s' },
        { what: `execute, ${count} clients, sqlite`, value: pairedMedian(sqlite, memory, (a, b) => a / b), unit: 'x memory' },
        {
          ...{ what: `execute, ${count} clients, sqlite`, value: pairedMedian(sqlite, of('raw'), (a, b) => a / b), unit: 'x raw upserts' },
          ...(aim === undefined ? {} : { atLeast: aim }),
        },
      ];
    }),
  ];
}

/** Bytes that the process gave to the system to write: the log, and what checkpoints copy of it. Linux alone counts them. */
const written = (): number => Number(/^wchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

async function bytesPerPass(store: Store): Promise<Finding> {
  const [target] = await targetsOn(engineOn(store), 1);
  if (target === undefined) throw new Error('there is no group');
  const server = (n: number, state: string): KnownServer =>
    ({
      ...{
        id: `server-${n}` as ServerId,
        state,
        active: true,
        servicenetAddress: `10.0.${n >> 8}.${n & 255}`,
        loadBalancers: [],
        pooled: false,
      },
      ...{
        links: [{ href: `https://dfw.servers.example.com/v2/tenant/servers/server-${n}`, rel: 'self' }],
        birth: null,
        unknownSince: null,
      },
    }) as unknown as KnownServer;
  const put = Array.from({ length: 1000 }, (_, n) => server(n, 'ACTIVE'));
  await store.transact(target.ref, () => ({ change: { servers: { put } }, answer: null }));
  await pause(2500); // what was written so far is in the file
  const [passes, before] = [100, written()];
  for (let n = 0; n < passes; n += 1) {
    const content = { kind: 'pass', outcome: 'waiting', answers: [], more: 0, reasons: [`waiting for server ${n}`] } as const;
    const note = { at: clock.now(), capacity: { desired: 1000, active: 999, pending: 1 }, content };
    await store.transact(target.ref, ({ progress }) => ({
      change: { progress: { ...progress, faults: n }, servers: { put: [server(n * 7, 'BUILD')] }, activity: [note] },
      answer: null,
    }));
    await pause(20);
  }
  await pause(1500);
  return { what: 'written per pass, 1 of 1,000 servers changed', value: (written() - before) / passes / 1024, unit: 'KiB', atMost: 10 };
}

/** The 99th percentile of reads of a state while 32 clients execute policies: every flush takes 10 ms longer, to none does. */
async function readsWhileFlushing(store: Store): Promise<Finding> {
  const engine = engineOn(store);
  const [read, ...busy] = await targetsOn(engine, 33);
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as { datasync: () => Promise<void> };
  await handle.close();
  const plain = prototype.datasync;
  const percentile = async (): Promise<number> => {
    const took: number[] = [];
    const reading = async (): Promise<void> => {
      for (const ends = performance.now() + roundMs; performance.now() < ends; await pause(1)) {
        const begun = performance.now();
        if (read !== undefined) await engine.groupState(read.ref);
        took.push(performance.now() - begun);
      }
    };
    await Promise.all([executing(engine, busy), reading()]);
    return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;
  };
  const [slow, quick]: [number[], number[]] = [[], []];
  for (let round = 0; round < 2 * rounds; round += 1) {
    quick.push(await percentile());
    prototype.datasync = async function (this: { datasync: () => Promise<void> }) {
      await pause(10);
      await plain.call(this);
    };
    slow.push(await percentile());
    prototype.datasync = plain;
  }
  const value = pairedMedian(slow, quick, (a, b) => a / b);
  return { what: 'GET state p99, flushes 10 ms slower', value, unit: 'x p99 without', atMost: 2 };
}
