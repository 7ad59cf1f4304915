/** The page of options, docs/options.md, made from the schema and its words. */
import { defaultOptions, optionPresets } from '@lutra/core';
import { writeEngineOptions } from './engine-options.ts';
import { optionWords } from './option-words.ts';

const head = `# Options

All bounds and choices of the engine. Give them in a file (\`lutra serve --config FILE\`), below the key \`options\`, or as \`options\` of
\`createAutoscaler\`, where durations are milliseconds. \`npx lutra serve --check-config\` prints what would be used.

This page is written by \`npm run docs\`.
`;

/** Markdown. */
export function optionPage(): string {
  const defaults = flat(writeEngineOptions(defaultOptions));
  const rows = Object.entries(optionWords).map(([name, words]) => `| \`${name}\` | ${defaults[name]} | ${words} |`);
  return [head, '| option | default | is |\n|---|---|---|', `${rows.join('\n')}\n`, presets()].join('\n');
}

function presets(): string {
  const rows = Object.entries(optionPresets).flatMap(([preset, options]) =>
    Object.entries(flat(writeEngineOptions({ ...defaultOptions, ...options })))
      .filter(([name]) => name.split('.')[0] !== undefined && (name.split('.')[0] as string) in options)
      .map(([name, value]) => `| \`${preset}\` | \`${name}\` | ${value} |`),
  );
  return `## Presets

\`preset: NAME\` among the options starts from other defaults. \`original\`: the choices of the service whose API this is; in code,
\`...optionPresets.original\`.

| preset | option | is |
|---|---|---|
${rows.join('\n')}

## Healing of one group

A group can set its own \`healing\` in its metadata: \`"lutra:healing": {"maxUnhealthyFraction": 0.3, "maxConcurrentReplacements": 2}\`.
Anything else below that key is refused.
`;
}

/** Values by name, those inside others as \`outer.inner\`. */
const flat = (values: object): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): readonly (readonly [string, string])[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, String(one)])
        : [[name, String(value)]],
    ),
  );
