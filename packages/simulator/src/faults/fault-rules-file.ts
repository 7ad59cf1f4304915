import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { type FaultRule, faultRuleSchema } from './fault-rule.ts';

const list = z.array(faultRuleSchema);

/** Reads fault rules from YAML or JSON: a list, or a mapping with the list as `faults`. Throws an Error that names every key that is wrong. */
export function parseFaultRules(text: string): readonly FaultRule[] {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw error instanceof YAMLParseError ? new Error(`is not valid YAML: ${error.message.trimEnd()}`, { cause: error }) : error;
  }
  const rules = typeof raw === 'object' && raw !== null && 'faults' in raw ? raw.faults : (raw ?? []);
  const result = list.safeParse(rules, { error: inWords });
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.') || 'faults'}: ${message}`).join('\n'));
}
