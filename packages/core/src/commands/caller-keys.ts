/** Commands that a caller may send again: with the same key they are carried out once, and answered alike (spec/rest.md, decision 59). */
import { LutraError } from '../errors.ts';
import type { CallerKey, KeptKey, KeyUse, Made, RepeatableCommand } from '../model/caller-key.ts';
import type { GroupId, PolicyId, TenantId } from '../model/identifiers.ts';
import type { Options } from '../options.ts';

/** A command, and what it is for. */
export interface RepeatableCall {
  readonly command: RepeatableCommand;
  readonly tenantId: TenantId;
  readonly groupId?: GroupId;
  readonly policyId?: PolicyId;
}

const keyForm = /^[\x21-\x7e]{1,255}$/;

/** The use of a caller's key for a command; throws `validation-failed` when it is none. */
export function keyUseOf(
  { command, tenantId, groupId, policyId }: RepeatableCall,
  { idempotencyKey: key, fingerprint }: CallerKey,
  { idempotencyKeptFor, idempotencyKeys }: Pick<Options, 'idempotencyKeptFor' | 'idempotencyKeys'>,
): KeyUse {
  if (!keyForm.test(key)) {
    throw new LutraError('validation-failed', 'Idempotency-Key must be 1 to 255 visible ASCII characters, without spaces.');
  }
  const scope = JSON.stringify([command, groupId, policyId]);
  return { tenantId, scope, key, fingerprint, keptFor: idempotencyKeptFor, most: idempotencyKeys };
}

/** What the first command with this key made; throws `idempotency-key-reused` when it had other arguments. */
export function madeBefore({ key, fingerprint }: KeyUse, kept: KeptKey): Made {
  if (kept.fingerprint === fingerprint) return kept.made;
  throw new LutraError(
    'idempotency-key-reused',
    `The Idempotency-Key "${key}" was used for another body of this call. Send the same body again, or use a new key.`,
  );
}
