import type { Config } from './config.ts';
import { exampleGroup, exampleTenant } from './example-group.ts';

/** Where a running host is reached. */
export interface Addresses {
  /** Scheme, name and port, without a slash at the end. */
  readonly api: string;
  readonly cloud: string;
}

/** What is told at the start: where everything is, and two lines to paste into another terminal. */
export function welcome(version: string, { api, cloud }: Addresses, { pace, seed }: Config): string {
  const groups = `${api}/v1.0/${exampleTenant}/groups`;
  return `lutra ${version}: an autoscaler on a simulated cloud. Everything is in memory: stopping it forgets it.

  api    ${api}
  cloud  ${cloud}  (pace ${pace}, seed ${seed})

Paste into another terminal. Create a group of two servers behind a load balancer:

  curl -sS -X POST ${groups} -H 'Content-Type: application/json' -d '${JSON.stringify(exampleGroup)}'

Show the state of every group, now and again while the servers build:

  curl -sS ${groups}

Ctrl-C stops it. What happens is logged below, one JSON object a line.
`;
}
