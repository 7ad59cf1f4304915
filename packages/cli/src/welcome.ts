import { defaultPassword } from '@lutra/simulator';
import type { Config } from './config.ts';
import { exampleGroup, exampleTenant } from './example-group.ts';

/** Where a running host is reached. */
export interface Addresses {
  /** Scheme, name and port, without a slash at the end. */
  readonly api: string;
  readonly cloud: string;
}

/** What to say where others can reach a simulated cloud, or an API that its users may use. */
export const closedNotice = (users: readonly { readonly password: string }[]): string =>
  `Others can reach it: unknown users are not made, and /control is for callers on this machine and for administrators.${
    users.some(({ password }) => password === defaultPassword)
      ? ' Some users have the password of the documents: give it users of your own with a file.'
      : ''
  }`;

/** Where everything is kept, and whether the simulated cloud in it goes on as it was. */
export interface Kept {
  readonly folder: string;
  readonly goesOn: boolean;
}

/** What is told at the start: where everything is, and two lines to paste into another terminal. `kept`: undefined when all is in memory. */
export function welcome(version: string, { api, cloud }: Addresses, { pace, seed, auth }: Config, kept: Kept | undefined): string {
  const token = auth.mode === 'none' ? '' : ' -H "X-Auth-Token: $TOKEN"';
  const groups = `${api}/v1.0/${exampleTenant}/groups`;
  return `lutra ${version}: an autoscaler on a simulated cloud. ${whatIsKept(kept)}

  api    ${api}
  cloud  ${cloud}  (pace ${pace}, ${kept?.goesOn ? 'goes on as it was' : `seed ${seed}`})

Paste into another terminal. ${howToGetToken(auth, cloud)}Create a group of two servers behind a load balancer:

  curl -sS -X POST ${groups}${token} -H 'Content-Type: application/json' -d '${JSON.stringify(exampleGroup)}'

Show the state of every group, now and again while the servers build:

  curl -sS ${groups}${token}

Ctrl-C stops it. What happens is logged below, one JSON object a line.
`;
}

const whatIsKept = (kept: Kept | undefined): string =>
  kept === undefined
    ? 'Everything is in memory: stopping it forgets it.'
    : `Everything is kept in ${kept.folder}${kept.goesOn ? ' and goes on as it was' : ''}.
To start afresh: --fresh. To keep nothing: --store memory.`;

/** Where a client gets the token that it needs; empty when it needs no token. */
function howToGetToken({ mode, keystone }: Config['auth'], cloud: string): string {
  if (mode === 'none') return '';
  if (mode === 'tokens' || keystone.url !== undefined) return 'Put a token into TOKEN first.\n\n';
  const user = { name: 'owner', domain: { id: 'default' }, password: 'password' };
  const body = JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } });
  const read = "tr -d '\\r' | sed -n 's/^x-subject-token: //Ip'";
  return `Get a token of the tenant's owner:

  TOKEN=$(curl -sS -o /dev/null -D - -X POST ${cloud}/v3/auth/tokens -H 'Content-Type: application/json' -d '${body}' | ${read})

`;
}
