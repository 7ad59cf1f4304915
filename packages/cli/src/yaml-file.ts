import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { CliError, whyNoFile } from './cli-error.ts';

/**
 * What a YAML file says; undefined when it is empty. Keys are the texts that stand there: plain YAML reads the token `123e456` as
 * Infinity, and rounds the long id of a tenant. With `'texts'` so are values: for a file of ids. Throws CliError with
 * `complain(why)`, which never quotes the file: it may hold secrets.
 */
export function readYaml(file: string, complain: (why: string) => string, values: 'typed' | 'texts' = 'typed'): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, complain(whyNoFile(error)), { cause: error });
  }
  const document = parseDocument(content, { stringKeys: true, schema: values === 'texts' ? 'failsafe' : 'core' });
  const [error] = document.errors;
  if (error !== undefined) {
    // The parser's own message quotes the line.
    const [at] = error.linePos ?? [];
    throw new CliError(2, complain(`it is not valid YAML (${error.code}, line ${at?.line ?? '?'}, column ${at?.col ?? '?'})`));
  }
  try {
    return document.toJS() ?? undefined;
  } catch (cause) {
    throw new CliError(2, complain('it is not valid YAML (an alias of no anchor, or too many aliases)'), { cause });
  }
}
