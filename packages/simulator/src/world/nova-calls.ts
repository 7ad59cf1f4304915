import type { EpochMs, JsonObject, JsonValue, ServerId } from '@lutra/core';

/** An image: one of everybody's, or made of a server. */
export interface ImageRecord {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Gigabytes, and megabytes, that a server of it needs. */
  readonly minDisk: number;
  readonly minRam: number;
  readonly createdAt: EpochMs;
  /** The server that it was made of. */
  readonly server: ServerId | undefined;
}
export interface FlavorRecord {
  readonly id: string;
  readonly name: string;
  readonly ram: number;
  readonly cores: number;
  readonly disk: number;
}
export interface Keypair {
  readonly name: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}
/** A key that the cloud made: the private half is shown once. */
export interface MadeKeypair extends Keypair {
  readonly privateKey: string | undefined;
}
export interface NetworkRecord {
  readonly id: string;
  readonly label: string;
  /** null: it is one of everybody's. */
  readonly cidr: string | null;
}
export interface LimitsRecord {
  readonly maxPersonality: number;
  readonly maxPersonalitySize: number;
  readonly maxInstances: number;
  readonly maxCores: number;
  readonly maxRam: number;
  readonly usedInstances: number;
  readonly usedCores: number;
  readonly usedRam: number;
}
/** What an action answers. */
export interface ActionAnswer {
  readonly status: 200 | 202 | 204;
  readonly body?: JsonObject;
  /** Of the image that is made. */
  readonly imageId?: string;
}
interface OfServer {
  readonly serverId: ServerId;
}
type Metadata = Readonly<Record<string, string>>;

/** Calls of Nova, and of the image service, that the autoscaler itself does not make. */
export interface NovaCalls {
  'server.update': { params: OfServer & { readonly name: string }; value: JsonObject };
  'server.act': { params: OfServer & { readonly action: string; readonly details: JsonValue }; value: ActionAnswer };
  'server.get_addresses': { params: OfServer; value: JsonObject };
  'server.get_metadata': { params: OfServer; value: Metadata };
  'server.replace_metadata': { params: OfServer & { readonly metadata: JsonObject }; value: Metadata };
  'server.update_metadata': { params: OfServer & { readonly metadata: JsonObject }; value: Metadata };
  'server.delete_metadata': { params: OfServer & { readonly key: string }; value: null };
  'image.list': { params: Record<never, never>; value: readonly ImageRecord[] };
  'image.delete': { params: { readonly id: string }; value: null };
  'flavor.list': { params: Record<never, never>; value: readonly FlavorRecord[] };
  'keypair.list': { params: Record<never, never>; value: readonly Keypair[] };
  'keypair.get': { params: { readonly name: string }; value: Keypair };
  'keypair.create': { params: { readonly name: string; readonly publicKey: string | undefined }; value: MadeKeypair };
  'keypair.delete': { params: { readonly name: string }; value: null };
  'network.list': { params: Record<never, never>; value: readonly NetworkRecord[] };
  'network.get': { params: { readonly id: string }; value: NetworkRecord };
  'network.create': { params: { readonly label: string; readonly cidr: string }; value: NetworkRecord };
  'glance_image.list': { params: Record<never, never>; value: readonly ImageRecord[] };
  'glance_image.get': { params: { readonly id: string }; value: ImageRecord };
}
