import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { CliError, whyNoFile } from './cli-error.ts';
import { readInput } from './input-file.ts';

/**
 * What a YAML file says; undefined when it is empty. Keys are the texts that stand there: plain YAML reads the token `123e456` as
 * Infinity, and rounds the long id of a tenant. With `'texts'` so are values: for a file of ids. Throws CliError with
 * `complain(why)`, which never quotes the file: it may hold secrets.
 */
export function readYaml(file: string, complain: (why: string) => string, values: 'typed' | 'texts' = 'typed'): unknown {
  let content: string;
  try {
    content = readInput(file);
  } catch (error) {
    throw new CliError(2, complain(whyNoFile(error)), { cause: error });
  }
  const problem = (why: string, cause?: unknown) => new CliError(2, complain(`it is not valid YAML (${why})`), { cause });
  const lines = new LineCounter();
  let document: Document.Parsed;
  let mistake: Mistake | undefined;
  try {
    // The parser's own look for repeated keys compares each with all others: seconds for ten thousand.
    const options = { stringKeys: true, uniqueKeys: false, lineCounter: lines } as const;
    document = parseDocument(content, { ...options, schema: values === 'texts' ? 'failsafe' : 'core' });
    mistake = firstMistake(document);
  } catch (cause) {
    throw problem('it nests too deeply', cause);
  }
  if (mistake !== undefined) {
    // The parser's own message quotes the line.
    const { line, col } = lines.linePos(mistake.at);
    throw problem(`${mistake.code}, line ${line}, column ${col}`);
  }
  try {
    return document.toJS() ?? undefined;
  } catch (cause) {
    throw problem('an alias of no anchor, or too many aliases', cause);
  }
}

interface Mistake {
  readonly code: string;
  /** Characters before it. */
  readonly at: number;
}

/** What the parser complains of, or else the first key that stands twice in its mapping. */
function firstMistake(document: Document.Parsed): Mistake | undefined {
  const [error] = document.errors;
  if (error !== undefined) return { code: error.code, at: error.pos[0] };
  let repeated: Mistake | undefined;
  visit(document, {
    Map: (_key, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) {
          repeated = { code: 'DUPLICATE_KEY', at: (isScalar(key) && key.range?.[0]) || 0 };
          return visit.BREAK;
        }
        seen.add(name);
      }
      return undefined;
    },
  });
  return repeated;
}
