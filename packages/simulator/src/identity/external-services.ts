import type { TenantId } from '@lutra/core';
import type { CatalogEntry } from './token.ts';

/** A service outside this cloud that somebody registered, so that catalogs can have it. */
export interface ExternalService {
  readonly id: string;
  /** As catalogs call it. */
  readonly name: string;
  readonly type: string;
  readonly description: string;
}

/** Where such a service is, in one region. In its URLs `%tenant_id%` stands for the tenant that asks. */
export interface EndpointTemplate {
  readonly id: string;
  readonly serviceId: string;
  readonly region: string;
  readonly publicURL: string;
  readonly internalURL: string;
  readonly adminURL: string;
  /** In the catalog of every tenant; otherwise only of those that have an endpoint made of it. */
  readonly global: boolean;
  /** Otherwise in nobody's catalog. */
  readonly enabled: boolean;
}

/** What was registered. An endpoint is a template that a tenant has, and goes by its id. */
export interface ExternalSnapshot {
  readonly made: number;
  readonly services: readonly ExternalService[];
  readonly templates: readonly EndpointTemplate[];
  readonly endpoints: readonly (readonly [TenantId, readonly string[]])[];
}

/** Services at once, and templates at once; a tenant has no more endpoints than there are templates. */
export const mostExternal = 1000;

/** Services of others in the catalogs of this cloud (Keystone v2.0 extensions OS-KSADM and OS-KSCATALOG). */
export class ExternalServices {
  readonly #services = new Map<string, ExternalService>();
  readonly #templates = new Map<string, EndpointTemplate>();
  readonly #endpoints = new Map<TenantId, Set<string>>();
  #made = 0;

  get services(): ReadonlyMap<string, ExternalService> {
    return this.#services;
  }
  get templates(): ReadonlyMap<string, EndpointTemplate> {
    return this.#templates;
  }

  /** One that nothing has yet. */
  newId(): string {
    do this.#made += 1;
    while (this.#services.has(String(this.#made)) || this.#templates.has(String(this.#made)));
    return String(this.#made);
  }

  /** New, or in place of the one with that id. */
  setService(service: ExternalService): void {
    this.#services.set(service.id, service);
  }
  /** Its templates go too, and what was made of them. Whether there was one. */
  removeService(id: string): boolean {
    for (const template of this.#templates.values()) if (template.serviceId === id) this.removeTemplate(template.id);
    return this.#services.delete(id);
  }

  /** New, or in place of the one with that id. */
  setTemplate(template: EndpointTemplate): void {
    this.#templates.set(template.id, template);
  }
  /** Endpoints made of it go too. Whether there was one. */
  removeTemplate(id: string): boolean {
    for (const tenantId of this.#endpoints.keys()) this.removeEndpoint(tenantId, id);
    return this.#templates.delete(id);
  }

  /** Templates that the tenant was given, in the order of giving. */
  endpointsOf(tenantId: TenantId): readonly EndpointTemplate[] {
    return [...(this.#endpoints.get(tenantId) ?? [])].flatMap((id) => this.#templates.get(id) ?? []);
  }
  /** Nothing happens when the tenant has it. */
  addEndpoint(tenantId: TenantId, templateId: string): void {
    const ids = this.#endpoints.get(tenantId) ?? new Set<string>();
    this.#endpoints.set(tenantId, ids.add(templateId));
  }
  /** Whether there was one. */
  removeEndpoint(tenantId: TenantId, templateId: string): boolean {
    const ids = this.#endpoints.get(tenantId);
    const had = ids?.delete(templateId) ?? false;
    if (ids?.size === 0) this.#endpoints.delete(tenantId);
    return had;
  }

  /** What comes at the end of a tenant's catalog: templates of all tenants and its own, each once, in the order of making. */
  catalogOf(tenantId: TenantId): readonly CatalogEntry[] {
    if (this.#templates.size === 0) return [];
    const own = this.#endpoints.get(tenantId);
    return [...this.#templates.values()].flatMap(({ id, serviceId, region, publicURL, internalURL, global, enabled }) => {
      const service = this.#services.get(serviceId);
      if (service === undefined || !enabled || !(global || own?.has(id))) return [];
      const { name, type } = service;
      const [path, internalUrl] = [urlFor(publicURL, tenantId), urlFor(internalURL, tenantId)];
      return [{ name, type, region, tenantId, at: 'elsewhere', path, internalUrl } as const];
    });
  }

  snapshot(): ExternalSnapshot {
    const endpoints = [...this.#endpoints].map(([tenantId, ids]) => [tenantId, [...ids]] as const);
    return { made: this.#made, services: [...this.#services.values()], templates: [...this.#templates.values()], endpoints };
  }
  restore({ made, services, templates, endpoints }: ExternalSnapshot): void {
    for (const map of [this.#services, this.#templates, this.#endpoints]) map.clear();
    this.#made = made;
    for (const service of services) this.setService(service);
    for (const template of templates) this.setTemplate(template);
    for (const [tenantId, ids] of endpoints) this.#endpoints.set(tenantId, new Set(ids));
  }
}

/** A template's URL as a tenant sees it. */
export const urlFor = (url: string, tenantId: TenantId): string => url.replaceAll('%tenant_id%', tenantId);
