import { between, type DurationMs, type EpochMs, later, milliseconds, type Random, seconds, type TenantId } from '@lutra/core';
import { longestName } from '../world/catalogue.ts';
import { drawDuration } from '../world/pace.ts';
import type { Surroundings } from '../world/surroundings.ts';
import { catalogOf } from './catalog.ts';
import { ExternalServices, type ExternalSnapshot } from './external-services.ts';
import type { IdentityData } from './identity-data.ts';
import { roles } from './roles.ts';
import type { Access, AuthMethod, CatalogEntry, Credentials, ServiceName, TokenRecord, UserRecord } from './token.ts';

/** How long a token lives, and one that impersonates unless asked otherwise (spec/providers.md, section 1). */
export const tokenLifetime: DurationMs = seconds(86_400);
export const impersonationLifetime: DurationMs = seconds(10_800);
/** Tokens kept at once; past it the oldest end early. */
const mostTokens = 100_000;
/** Users at once; past it nobody is made on the spot. */
const mostUsers = 10_000;

/** Users, and the tokens that they got. Ids and tokens follow from the seed and whose they are, whoever else logs in. */
export class Identity {
  readonly region: string;
  /** Whether a user nobody knows is made when he logs in. */
  #autoCreate: boolean;
  /** Whether anybody is asked who he is. */
  checks: boolean;
  /** Why no user is made on the spot, whatever the data say; undefined: they decide. Snapshots do not have it. */
  closedBecause: string | undefined;
  /** Services of others that were registered. */
  readonly external = new ExternalServices();
  readonly #around: Pick<Surroundings, 'clock' | 'random' | 'pace'>;
  /** What catalogs have, where that is not everything. */
  readonly #services: Map<TenantId, readonly ServiceName[]>;
  readonly #users = new Map<string, UserRecord>();
  readonly #byId = new Map<string, UserRecord>();
  /** In the order of issuing. */
  readonly #tokens = new Map<string, TokenRecord>();
  /** Tokens that each user ever got. */
  readonly #issued = new Map<string, number>();

  constructor(data: IdentityData, region: string, checks: boolean, around: Pick<Surroundings, 'clock' | 'random' | 'pace'>) {
    this.region = region;
    this.#autoCreate = data.autoCreate;
    this.checks = checks;
    this.#around = around;
    this.#services = new Map(
      Object.entries(data.tenants).flatMap(([id, { services }]) => (services === undefined ? [] : [[id as TenantId, services]])),
    );
    for (const { name, password, apiKey, tenant, roles: names } of data.users) {
      this.#add({ id: this.#userId(name), name, password, apiKey, tenantId: tenant as TenantId, roles: names });
    }
  }

  /** Whether a user whom nobody knows is made on the spot. `texts`: everything of this user that would be kept. */
  mayCreate(...texts: readonly string[]): boolean {
    if (this.closedBecause !== undefined) return false;
    return this.#autoCreate && this.#users.size < mostUsers && texts.every((text) => text.length <= longestName);
  }

  /** By name or id. */
  user(nameOrId: string): UserRecord | undefined {
    return this.#users.get(nameOrId) ?? this.#byId.get(nameOrId);
  }

  /** In the order of making. */
  users(): readonly UserRecord[] {
    return [...this.#users.values()];
  }

  /** Whose account it is; without an owner the first user; undefined when it has no users. */
  ownerOf(tenantId: TenantId): UserRecord | undefined {
    const users = this.users().filter((user) => user.tenantId === tenantId);
    return users.find((user) => user.roles.includes(roles.owner)) ?? users[0];
  }

  /** The tenant that a user nobody knows gets when he names none. */
  tenantForNew(name: string): TenantId {
    return String(100_000 + Math.floor(this.#around.random.at('tenant', name) * 900_000)) as TenantId;
  }

  /** Makes somebody the owner of a tenant. */
  create(name: string, tenantId: TenantId, secrets: Partial<Pick<UserRecord, 'password' | 'apiKey'>> = {}): UserRecord {
    const random = this.#around.random.fork(`user/${name}`);
    const user: UserRecord = {
      id: this.#userId(name),
      name,
      password: secrets.password ?? random.uuid(),
      apiKey: secrets.apiKey ?? random.fork('key').uuid().replaceAll('-', ''),
      tenantId,
      roles: [roles.owner],
    };
    this.#add(user);
    return user;
  }

  /** The token, unless it has expired or was revoked. */
  token(id: string): TokenRecord | undefined {
    const token = this.#tokens.get(id);
    return token !== undefined && this.#around.clock.now() < token.expiresAt ? token : undefined;
  }

  issue(user: UserRecord, method: AuthMethod, lifetime: DurationMs = tokenLifetime, tenantId: TenantId = user.tenantId): TokenRecord {
    const { clock, random, pace } = this.#around;
    const now = clock.now();
    const nth = this.#issued.get(user.name) ?? 0;
    this.#issued.set(user.name, nth + 1);
    const lag = pace.tokenLag === undefined ? milliseconds(0) : drawDuration(pace.tokenLag, random, 'token lag', user.name, nth);
    const token: TokenRecord = {
      id: tokenId(random, user.name, nth),
      user: user.name,
      tenantId,
      method,
      issuedAt: now,
      knownFrom: later(now, lag),
      expiresAt: later(now, lifetime),
    };
    this.#makeRoom(now);
    this.#tokens.set(token.id, token);
    return token;
  }

  /** Changes when a token is known to the services, or when it ends; nothing happens when there is no such token. */
  adjust(id: string, times: Partial<Pick<TokenRecord, 'knownFrom' | 'expiresAt'>>): void {
    const token = this.#tokens.get(id);
    if (token !== undefined) this.#tokens.set(id, { ...token, ...times });
  }

  /** Nothing happens when there is no such token. */
  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  accessOf(token: TokenRecord): Access {
    const user = this.#users.get(token.user);
    if (user === undefined) throw new Error(`Token of ${token.user}, whom nobody knows.`);
    return { token, user, catalog: this.catalogOf(token.tenantId) };
  }

  catalogOf(tenantId: TenantId): readonly CatalogEntry[] {
    const services = this.#services.get(tenantId);
    const own = catalogOf(tenantId, this.region, (name) => services?.includes(name) ?? true);
    return [...own, ...this.external.catalogOf(tenantId)];
  }

  hasService(tenantId: TenantId, name: ServiceName): boolean {
    return this.#services.get(tenantId)?.includes(name) ?? true;
  }

  /** Who shows these credentials; undefined when nobody is let in with them. */
  whoShows(credentials: Credentials): UserRecord | undefined {
    if (credentials.kind === 'token') {
      const token = this.token(credentials.token);
      return token && this.#users.get(token.user);
    }
    const user = this.user(credentials.user);
    const secret = credentials.kind === 'password' ? user?.password : user?.apiKey;
    return secret === credentials.secret ? user : undefined;
  }

  /** Who there is and what he may do, whether as the world was made or as callers changed it, as JSON. */
  snapshot(): IdentitySnapshot {
    return {
      checks: this.checks,
      autoCreate: this.#autoCreate,
      services: [...this.#services],
      users: this.users(),
      tokens: [...this.#tokens.values()],
      issued: [...this.#issued],
      external: this.external.snapshot(),
    };
  }

  restore({ checks, autoCreate, services, users, tokens, issued, external }: IdentitySnapshot): void {
    this.checks = checks;
    this.#autoCreate = autoCreate;
    this.#services.clear();
    for (const [tenantId, names] of services) this.#services.set(tenantId, names);
    this.external.restore(external);
    for (const map of [this.#users, this.#byId, this.#tokens, this.#issued]) map.clear();
    for (const user of users) this.#add({ ...user, apiKey: user.apiKey });
    for (const token of tokens) this.#tokens.set(token.id, token);
    for (const [name, count] of issued) this.#issued.set(name, count);
  }

  #add(user: UserRecord): void {
    this.#users.set(user.name, user);
    this.#byId.set(user.id, user);
  }

  /** Drops expired tokens from the front, and the oldest when there are too many. */
  #makeRoom(now: EpochMs): void {
    for (const [id, { expiresAt }] of this.#tokens) {
      if (between(now, expiresAt) > 0 && this.#tokens.size < mostTokens) return;
      this.#tokens.delete(id);
    }
  }

  #userId(name: string): string {
    return String(10_000_000 + Math.floor(this.#around.random.at('user', name) * 90_000_000));
  }
}

export interface IdentitySnapshot {
  readonly checks: boolean;
  readonly autoCreate: boolean;
  readonly services: readonly (readonly [TenantId, readonly ServiceName[]])[];
  readonly users: readonly UserRecord[];
  readonly tokens: readonly TokenRecord[];
  readonly issued: readonly (readonly [string, number])[];
  readonly external: ExternalSnapshot;
}

/** 32 hexadecimal digits. */
const tokenId = (random: Random, user: string, nth: number): string => random.fork(`token/${user}/${nth}`).uuid().replaceAll('-', '');
