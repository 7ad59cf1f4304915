/** What every tenant of the simulated cloud finds there, and the limits that hold for all (spec/simulator.md, section L). */
import { epochMs } from '@lutra/core';
import type { ImageRecord } from './nova-calls.ts';

const image = (id: string, name: string, status = 'ACTIVE', minDisk = 20): [string, ImageRecord] => [
  id,
  { id, name, status, minDisk, minRam: 512, createdAt: epochMs(1_446_336_000_000), server: undefined },
];
/** One that does not boot yet, which comes first and says so, and three that do: of every family the last one is ACTIVE. */
export const images: ReadonlyMap<string, ImageRecord> = new Map([
  image('3a1d0b5c-2f64-4f0e-8c5e-6a9b7d8e4c21', 'Image of a server, not ACTIVE but SAVING', 'SAVING'),
  image('7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', 'Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)'),
  image('0d589460-f177-4b0f-81c1-8ab8903ac7d8', 'CentOS 7 (PVHVM)'),
  image('d5bb9f65-e8c9-4d6a-9ac8-5e2c2a4b7f10', 'Debian 8 (Jessie) (PVHVM)'),
]);

/** What a server of a flavor gets, and takes of its tenant's quota. */
export interface Flavor {
  readonly name: string;
  /** Megabytes. */
  readonly ram: number;
  readonly cores: number;
  /** Gigabytes. */
  readonly disk: number;
}
const flavor = (id: string, name: string, ram: number, cores: number, disk: number): [string, Flavor] => [id, { name, ram, cores, disk }];

export const flavors: ReadonlyMap<string, Flavor> = new Map([
  flavor('2', '512MB Standard Instance', 512, 1, 20),
  flavor('3', '1GB Standard Instance', 1024, 1, 40),
  flavor('4', '2GB Standard Instance', 2048, 2, 80),
  flavor('5', '4GB Standard Instance', 4096, 2, 160),
  flavor('6', '8GB Standard Instance', 8192, 4, 320),
  flavor('7', '15GB Standard Instance', 15_360, 6, 620),
  flavor('8', '30GB Standard Instance', 30_720, 8, 1200),
  flavor('compute1-4', '3.75 GB Compute v1', 3840, 2, 0),
  flavor('general1-1', '1 GB General Purpose v1', 1024, 1, 20),
  flavor('performance1-1', '1 GB Performance', 1024, 1, 20),
  flavor('performance1-2', '2 GB Performance', 2048, 2, 40),
  flavor('performance1-4', '4 GB Performance', 4096, 4, 40),
  flavor('performance1-8', '8 GB Performance', 8192, 8, 40),
]);

/** The two networks that everybody has, by id. */
export const publicNetwork = '00000000-0000-0000-0000-000000000000';
export const serviceNetwork = '11111111-1111-1111-1111-111111111111';

/** Personality files of one server, bytes of each. */
export const computeLimits = { maxPersonality: 5, maxPersonalitySize: 1000 } as const;
/** What an account may take unless its world or somebody says otherwise. */
export const standardQuota = { instances: 200 } as const;
/** What the limits of an account say of what has no limit; that of memory is only said. */
export const saidQuota = { instances: -1, cores: -1, ram: 256_000 } as const;

/** Metadata items of one server, at most. */
export const metadataItems = 40;
/** Nodes of one load balancer, at most, unless its provider raised it; ids in one bulk removal; load balancers of an account. */
export const nodesPerLoadBalancer = 25;
export const idsPerRemoval = 10;
export const loadBalancersPerAccount = 25;
/** Characters of a name: of a tenant, a user, a server, a network, an image, an address. */
export const longestName = 255;
/** Servers in one page of a listing over HTTP, at most. */
export const serversPerPage = 1000;
