import type { ComputeLimits, Image } from '@lutra/core';

/** The images that every tenant of the simulated cloud can boot. */
export const images: ReadonlyMap<string, Image> = new Map(
  ['7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', '0d589460-f177-4b0f-81c1-8ab8903ac7d8'].map((id) => [id, { id, status: 'ACTIVE' }]),
);

/** What a server of a flavor takes of its tenant's quota. */
export interface Flavor {
  /** Megabytes. */
  readonly ram: number;
  readonly cores: number;
}

/** The flavors that every tenant of the simulated cloud can use. */
export const flavors: ReadonlyMap<string, Flavor> = new Map([
  ['performance1-1', { ram: 1024, cores: 1 }],
  ['performance1-2', { ram: 2048, cores: 2 }],
  ['performance1-4', { ram: 4096, cores: 4 }],
  ['compute1-4', { ram: 3840, cores: 2 }],
]);

/** Limits of every compute account (spec/simulator.md, section L). */
export const computeLimits: ComputeLimits = { maxPersonality: 5, maxPersonalitySize: 1000 };

/** Metadata items of one server, at most. */
export const metadataItems = 40;
/** Nodes of one load balancer, at most, unless its provider raised it; ids in one bulk removal. */
export const nodesPerLoadBalancer = 25;
export const idsPerRemoval = 10;
/** Servers in one page of a listing over HTTP, at most. */
export const serversPerPage = 1000;
