/** Registers services outside this cloud in its catalogs: Keystone v2.0's extensions OS-KSADM and OS-KSCATALOG. Any valid token will do. */
import type { JsonObject, TenantId } from '@lutra/core';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { type EndpointTemplate, type ExternalService, type ExternalServices, mostExternal, urlFor } from '../identity/external-services.ts';
import { refusals } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { type Handler, type HttpRequest, jsonIn, param, type Route, tenantOf } from './request.ts';
import { identityPrefixes } from './versions.ts';

const [serviceKey, templateKey] = ['OS-KSADM:service', 'OS-KSCATALOG:endpointTemplate'] as const;

const fault = (status: number, name: string, message: string): HttpAnswer => ({ status, body: { [name]: { message, code: status } } });
const notFound = (what: string, id: string): HttpAnswer => fault(404, 'itemNotFound', `${what} ${id} not found.`);
const conflict = (what: string, id: string): HttpAnswer => fault(409, 'conflict', `There is ${what} ${id} already.`);
const tooMany = (what: string): HttpAnswer => fault(413, 'overLimit', `There are ${mostExternal} ${what} already.`);

const id = z.union([z.string().min(1).max(255), z.int().transform(String)]);
const text = z.string().min(1).max(255);
const serviceSchema = z.object({ id: id.optional(), name: text, type: text, description: z.string().max(1024).default('') });
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);
const templateSchema = z
  .object({
    id: id.optional(),
    serviceId: id.optional(),
    /** Of the service, where its id is not given. */
    name: text.optional(),
    region: text.optional(),
    publicURL: url,
    internalURL: url.optional(),
    adminURL: url.optional(),
    global: z.boolean().default(false),
    enabled: z.boolean().default(true),
  })
  .refine(({ serviceId, name }) => serviceId !== undefined || name !== undefined, { error: 'needs serviceId, or the name of a service' });
const choiceSchema = z.object({ id });

/** What is below the one key of the body, or what is wrong with it. */
function bodyIn<T>(request: HttpRequest, key: string, schema: z.ZodType<T>): { readonly value: T } | { readonly answer: HttpAnswer } {
  const result = schema.safeParse(jsonIn(request)?.[key], { error: inWords });
  if (result.success) return { value: result.data };
  const problems = result.error.issues.map(({ path, message }) => `${[key, ...path].join('.')}: ${message}`);
  return { answer: fault(400, 'badRequest', problems.join('; ')) };
}

const externalOf = ({ world }: HttpRequest): ExternalServices => world.identity.external;
const serviceJson = ({ id, name, type, description }: ExternalService): JsonObject => ({ id, name, type, description });
function templateJson(external: ExternalServices, template: EndpointTemplate): JsonObject {
  const service = external.services.get(template.serviceId);
  return { ...template, name: service?.name ?? '', type: service?.type ?? '' };
}
const endpointJson = (external: ExternalServices, template: EndpointTemplate, tenantId: TenantId): JsonObject => {
  const { id, region, publicURL, internalURL, adminURL } = template;
  const { name = '', type = '' } = external.services.get(template.serviceId) ?? {};
  const urls = { publicURL: urlFor(publicURL, tenantId), internalURL: urlFor(internalURL, tenantId), adminURL: urlFor(adminURL, tenantId) };
  return { id, tenantId, region, name, type, ...urls };
};

/** Makes a service, or replaces the one that the path names. */
function setService(request: HttpRequest, status: 200 | 201, known?: ExternalService): HttpAnswer {
  const external = externalOf(request);
  const body = bodyIn(request, serviceKey, serviceSchema);
  if ('answer' in body) return body.answer;
  const { id: given, ...rest } = body.value;
  if (known === undefined && given !== undefined && external.services.has(given)) return conflict('a service', given);
  const namesake = [...external.services.values()].find((one) => one.name === rest.name && one !== known);
  if (namesake !== undefined) return conflict('a service called', rest.name);
  if (known === undefined && external.services.size >= mostExternal) return tooMany('services');
  const service = { id: known?.id ?? given ?? external.newId(), ...rest };
  external.setService(service);
  return { status, body: { [serviceKey]: serviceJson(service) } };
}

/** Makes a template, or replaces the one that the path names. */
function setTemplate(request: HttpRequest, status: 200 | 201, known?: EndpointTemplate): HttpAnswer {
  const external = externalOf(request);
  const body = bodyIn(request, templateKey, templateSchema);
  if ('answer' in body) return body.answer;
  const { id: given, serviceId, name, region = request.world.identity.region, publicURL, internalURL, adminURL, ...rest } = body.value;
  const service =
    serviceId === undefined ? [...external.services.values()].find((one) => one.name === name) : external.services.get(serviceId);
  if (service === undefined) return notFound('Service', serviceId ?? name ?? '');
  if (known === undefined && given !== undefined && external.templates.has(given)) return conflict('an endpoint template', given);
  if (known === undefined && external.templates.size >= mostExternal) return tooMany('endpoint templates');
  const template: EndpointTemplate = {
    id: known?.id ?? given ?? external.newId(),
    serviceId: service.id,
    region,
    publicURL,
    internalURL: internalURL ?? publicURL,
    adminURL: adminURL ?? publicURL,
    ...rest,
  };
  external.setTemplate(template);
  return { status, body: { [templateKey]: templateJson(external, template) } };
}

function addEndpoint(request: HttpRequest): HttpAnswer {
  const [external, tenantId] = [externalOf(request), tenantOf(request)];
  const body = bodyIn(request, templateKey, choiceSchema);
  if ('answer' in body) return body.answer;
  const template = external.templates.get(body.value.id);
  if (template === undefined) return notFound('Endpoint template', body.value.id);
  external.addEndpoint(tenantId, template.id);
  return { status: 201, body: { endpoint: endpointJson(external, template, tenantId) } };
}

const withToken =
  (answer: Handler): Handler =>
  (request) => {
    const { identity } = request.world;
    const { token } = request.caller;
    const known = !identity.checks || (token !== undefined && identity.token(token) !== undefined);
    return known ? answer(request) : refused(refusals.noValidToken('identity'));
  };
const gone: HttpAnswer = { status: 204 };

const withService =
  (answer: (request: HttpRequest, service: ExternalService) => HttpAnswer): Handler =>
  (request) => {
    const name = param(request.params, 'service');
    const service = externalOf(request).services.get(name);
    return service === undefined ? notFound('Service', name) : answer(request, service);
  };
const withTemplate =
  (answer: (request: HttpRequest, template: EndpointTemplate) => HttpAnswer): Handler =>
  (request) => {
    const name = param(request.params, 'template');
    const template = externalOf(request).templates.get(name);
    return template === undefined ? notFound('Endpoint template', name) : answer(request, template);
  };
const withEndpoint =
  (answer: (request: HttpRequest, template: EndpointTemplate) => HttpAnswer): Handler =>
  (request) => {
    const name = param(request.params, 'endpoint');
    const endpoint = externalOf(request)
      .endpointsOf(tenantOf(request))
      .find((one) => one.id === name);
    return endpoint === undefined ? notFound('Endpoint', name) : answer(request, endpoint);
  };

function at(prefix: string): readonly Route[] {
  const services = `${prefix}/v2.0/OS-KSADM/services`;
  const templates = `${prefix}/v2.0/OS-KSCATALOG/endpointTemplates`;
  const endpoints = `${prefix}/v2.0/tenants/:tenant/OS-KSCATALOG/endpoints`;
  const routes: readonly Route[] = [
    {
      on: `GET ${services}`,
      answer: (request) => ({ status: 200, body: { 'OS-KSADM:services': [...externalOf(request).services.values()].map(serviceJson) } }),
    },
    { on: `POST ${services}`, answer: (request) => setService(request, 201) },
    {
      on: `GET ${services}/:service`,
      answer: withService((_request, service) => ({ status: 200, body: { [serviceKey]: serviceJson(service) } })),
    },
    { on: `PUT ${services}/:service`, answer: withService((request, service) => setService(request, 200, service)) },
    {
      on: `DELETE ${services}/:service`,
      answer: withService((request, service) => {
        externalOf(request).removeService(service.id);
        return gone;
      }),
    },
    {
      on: `GET ${templates}`,
      answer: (request) => {
        const [external, serviceId] = [externalOf(request), request.query.get('serviceId')];
        const shown = [...external.templates.values()].filter((one) => serviceId === null || one.serviceId === serviceId);
        return { status: 200, body: { 'OS-KSCATALOG:endpointTemplates': shown.map((one) => templateJson(external, one)) } };
      },
    },
    { on: `POST ${templates}`, answer: (request) => setTemplate(request, 201) },
    {
      on: `GET ${templates}/:template`,
      answer: withTemplate((request, template) => ({ status: 200, body: { [templateKey]: templateJson(externalOf(request), template) } })),
    },
    { on: `PUT ${templates}/:template`, answer: withTemplate((request, template) => setTemplate(request, 200, template)) },
    {
      on: `DELETE ${templates}/:template`,
      answer: withTemplate((request, template) => {
        externalOf(request).removeTemplate(template.id);
        return gone;
      }),
    },
    {
      on: `GET ${endpoints}`,
      answer: (request) => {
        const [external, tenantId] = [externalOf(request), tenantOf(request)];
        const shown = external.endpointsOf(tenantId).map((one) => endpointJson(external, one, tenantId));
        return { status: 200, body: { endpoints: shown, endpoints_links: [] } };
      },
    },
    { on: `POST ${endpoints}`, answer: addEndpoint },
    {
      on: `GET ${endpoints}/:endpoint`,
      answer: withEndpoint((request, one) => ({
        status: 200,
        body: { endpoint: endpointJson(externalOf(request), one, tenantOf(request)) },
      })),
    },
    {
      on: `DELETE ${endpoints}/:endpoint`,
      answer: withEndpoint((request, one) => {
        externalOf(request).removeEndpoint(tenantOf(request), one.id);
        return gone;
      }),
    },
  ];
  return routes.map(({ on, answer }) => ({ on, answer: withToken(answer) }));
}

export const identityExternalRoutes: readonly Route[] = identityPrefixes.flatMap(at);
