/** Holds answers against the API's own description: the operation is there, has this status, and the body is of its form. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../packages/rest/src/openapi/document.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked as the JSON that it is
const document: any = openApiDocument('https://autoscale.example');
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'api');

const patterns = Object.keys(document.paths).map((path) => ({
  path,
  form: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\/\{\w+\}/g, '/[^/]+')}/?$`),
}));
const validators = new Map<string, ValidateFunction>();

/** A step of a JSON pointer in a URL. */
const pointerStep = (key: string): string => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

/** What is wrong with an answer as the description has it; undefined when nothing is, or when there is no such operation. */
export function unlikeDescribed(
  method: string,
  path: string,
  status: number,
  contentType: string | null,
  text: string,
): string | undefined {
  const [pathname = ''] = path.split('?');
  const pattern = patterns.find(({ form }) => form.test(pathname))?.path;
  const operation = pattern === undefined ? undefined : document.paths[pattern][method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation === undefined) return undefined;
  const response = operation.responses[status];
  if (response === undefined) return `${method} ${pattern} is not described to answer ${status}`;
  if (response.content === undefined)
    return text === '' ? undefined : `${method} ${pattern} is described to answer ${status} without a body`;
  const content = response.content[(contentType ?? '').split(';')[0] ?? ''];
  if (content === undefined) return `${method} ${pattern} is not described to answer ${contentType}`;
  if (content.schema === undefined || method === 'HEAD') return undefined;
  const steps = ['paths', pattern ?? '', method === 'HEAD' ? 'get' : method.toLowerCase(), 'responses', `${status}`, 'content'];
  const reference = `api#/${[...steps, 'application/json', 'schema'].map(pointerStep).join('/')}`;
  const validate = validators.get(reference) ?? ajv.compile({ $ref: reference });
  validators.set(reference, validate);
  if (validate(JSON.parse(text))) return undefined;
  return `${method} ${pattern} ${status} is not as described: ${ajv.errorsText(validate.errors)}`;
}

/** What is wrong, as the description has it, with a body that was taken; undefined when nothing is. */
export function bodyUnlikeDescribed(method: string, path: string, body: string): string | undefined {
  const [pathname = ''] = path.split('?');
  const pattern = patterns.find(({ form }) => form.test(pathname))?.path;
  const described = pattern === undefined ? undefined : document.paths[pattern][method.toLowerCase()]?.requestBody;
  if (described === undefined) return undefined;
  const reference = `api${described.content['application/json'].schema.$ref}`;
  const validate = validators.get(reference) ?? ajv.compile({ $ref: reference });
  validators.set(reference, validate);
  if (validate(JSON.parse(body))) return undefined;
  return `${method} ${pattern} takes what is not described: ${ajv.errorsText(validate.errors)}: ${body.slice(0, 300)}`;
}

/** All schemas of the description compile, and every reference leads somewhere. */
export function compileAll(): void {
  for (const name of Object.keys(document.components.schemas)) ajv.compile({ $ref: `api#/components/schemas/${name}` });
}
