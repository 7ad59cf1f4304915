import { clbRoutes } from './clb.ts';
import { controlRoutes } from './control.ts';
import { journalRoutes } from './control-journal.ts';
import { feedRoutes } from './feeds.ts';
import { glanceRoutes } from './glance.ts';
import { identityExternalRoutes } from './identity-external.ts';
import { identityV2Routes } from './identity-v2.ts';
import { identityV3Routes } from './identity-v3.ts';
import { novaRoutes } from './nova.ts';
import { rcv3Routes } from './rcv3.ts';
import type { Route } from './request.ts';
import { testersControlRoutes } from './testers-control.ts';
import { versionRoutes } from './versions.ts';

const steering = (route: Route): Route => ({ ...route, steers: true });
/** Documentation. */
const openPresets = 'GET /mimic/v1.0/presets';

/** Everything that the wire face answers to, service by service. */
export const routes: readonly Route[] = [
  ...versionRoutes,
  ...identityV2Routes,
  // Any token may read what was registered; what catalogs of others say is not for any tenant to change.
  ...identityExternalRoutes.map((route) => (route.on.startsWith('GET ') ? route : steering(route))),
  ...identityV3Routes,
  ...novaRoutes,
  ...glanceRoutes,
  ...clbRoutes,
  ...rcv3Routes,
  ...feedRoutes,
  ...testersControlRoutes.map((route) => (route.on === openPresets ? route : steering(route))),
  ...controlRoutes.map(steering),
  ...journalRoutes.map(steering),
];
