import { activeError } from './active-error.ts';
import { activeShutoff } from './active-shutoff.ts';
import { adminTokenExpired } from './admin-token-expired.ts';
import { authDown } from './auth-down.ts';
import { authFailSeq } from './auth-fail-seq.ts';
import { authSlowCatalog } from './auth-slow-catalog.ts';
import { batchDeleteLimit } from './batch-delete-limit.ts';
import { bodyNotJson } from './body-not-json.ts';
import { bodyStall } from './body-stall.ts';
import { bodyTruncate } from './body-truncate.ts';
import { buildError } from './build-error.ts';
import { buildStuck } from './build-stuck.ts';
import { buildTime } from './build-time.ts';
import { catalogDuplicate } from './catalog-duplicate.ts';
import { catalogMissing } from './catalog-missing.ts';
import { catalogReordered } from './catalog-reordered.ts';
import { cf202 } from './cf-202.ts';
import { cfDown } from './cf-down.ts';
import { cfDupId } from './cf-dup-id.ts';
import { cfFail } from './cf-fail.ts';
import { cfSlow } from './cf-slow.ts';
import { cfTooLong } from './cf-too-long.ts';
import { changesSinceWindow } from './changes-since-window.ts';
import { clbDuplicateRace } from './clb-duplicate-race.ts';
import { clbErrorResync } from './clb-error-resync.ts';
import { clbImmutableText } from './clb-immutable-text.ts';
import { clbLbLimit } from './clb-lb-limit.ts';
import { clbListStaleNodes } from './clb-list-stale-nodes.ts';
import { clbLock } from './clb-lock.ts';
import { clbNodeGone } from './clb-node-gone.ts';
import { clbNodeLimit } from './clb-node-limit.ts';
import { clbOverlapError } from './clb-overlap-error.ts';
import { clbPartialBulk } from './clb-partial-bulk.ts';
import { clbStatus } from './clb-status.ts';
import { clbVanish } from './clb-vanish.ts';
import { clbWrongCode } from './clb-wrong-code.ts';
import { clockSkew } from './clock-skew.ts';
import { clockWrongDate } from './clock-wrong-date.ts';
import { connectRefuse } from './connect-refuse.ts';
import { connectTimeout } from './connect-timeout.ts';
import { createDuplicate } from './create-duplicate.ts';
import { createFalseNegative } from './create-false-negative.ts';
import { deleteFail } from './delete-fail.ts';
import { deleteIgnored } from './delete-ignored.ts';
import { deleteRestartsBuild } from './delete-restarts-build.ts';
import { deleteShowsActive } from './delete-shows-active.ts';
import { deleteSlow } from './delete-slow.ts';
import { detailDisagrees } from './detail-disagrees.ts';
import { drainConnections } from './drain-connections.ts';
import { duplicateDelivery } from './duplicate-delivery.ts';
import type { Fault } from './fault.ts';
import { feedInfiniteNext } from './feed-infinite-next.ts';
import { feedLag } from './feed-lag.ts';
import { feedMissingEntry } from './feed-missing-entry.ts';
import { feedNode404 } from './feed-node-404.ts';
import { feedOrder } from './feed-order.ts';
import { feedPaged } from './feed-paged.ts';
import { headersStall } from './headers-stall.ts';
import { healthFlap } from './health-flap.ts';
import { healthNeverOnline } from './health-never-online.ts';
import { healthSlow } from './health-slow.ts';
import { http5xx } from './http-5xx.ts';
import { httpUnexpected2xx } from './http-unexpected-2xx.ts';
import { ipLate } from './ip-late.ts';
import { ipNone } from './ip-none.ts';
import { ipReuse } from './ip-reuse.ts';
import { latency } from './latency.ts';
import { limitsChange } from './limits-change.ts';
import { listCellDown } from './list-cell-down.ts';
import { listDuplicateRow } from './list-duplicate-row.ts';
import { listEmpty } from './list-empty.ts';
import { listExtraEmptyPage } from './list-extra-empty-page.ts';
import { listLag } from './list-lag.ts';
import { listMarkerGone } from './list-marker-gone.ts';
import { listNoNextLink } from './list-no-next-link.ts';
import { listOmit } from './list-omit.ts';
import { listPartialPage } from './list-partial-page.ts';
import { listRepeatNextLink } from './list-repeat-next-link.ts';
import { listShuffle } from './list-shuffle.ts';
import { metadataEdited } from './metadata-edited.ts';
import { metadataLimit } from './metadata-limit.ts';
import { metadataLost } from './metadata-lost.ts';
import { monitorToggle } from './monitor-toggle.ts';
import { mossoUnknownTenant } from './mosso-unknown-tenant.ts';
import { nodeForeign } from './node-foreign.ts';
import { novaBadRequest } from './nova-bad-request.ts';
import { novaNetworkPolicy } from './nova-network-policy.ts';
import { oobCreateForeignServer } from './oob-create-foreign-server.ts';
import { oobDeleteLb } from './oob-delete-lb.ts';
import { oobDeleteNode } from './oob-delete-node.ts';
import { oobDeleteServer } from './oob-delete-server.ts';
import { oobErrorServer } from './oob-error-server.ts';
import { oobMoveNode } from './oob-move-node.ts';
import { oobRename } from './oob-rename.ts';
import { oobResize } from './oob-resize.ts';
import { oobStripMetadata } from './oob-strip-metadata.ts';
import { providerRestart } from './provider-restart.ts';
import { quota } from './quota.ts';
import { ratelimit } from './ratelimit.ts';
import { rcv3BulkError } from './rcv3-bulk-error.ts';
import { rcv3CommitThen409 } from './rcv3-commit-then-409.ts';
import { rcv3EchoUpper } from './rcv3-echo-upper.ts';
import { rcv3Errors } from './rcv3-errors.ts';
import { rcv3NodeState } from './rcv3-node-state.ts';
import { rcv3Orphans } from './rcv3-orphans.ts';
import { rcv3PoolInactive } from './rcv3-pool-inactive.ts';
import { rcv3PoolRemoved } from './rcv3-pool-removed.ts';
import { rcv3Unprocessable } from './rcv3-unprocessable.ts';
import { regionOutage } from './region-outage.ts';
import { reorder } from './reorder.ts';
import { responseLost } from './response-lost.ts';
import { service401Once } from './service-401-once.ts';
import { service403Forbidden } from './service-403-forbidden.ts';
import { statusSet } from './status-set.ts';
import { tempState } from './temp-state.ts';
import { tenantSuspended } from './tenant-suspended.ts';
import { tokenExpireEarly } from './token-expire-early.ts';
import { tokenReplicationLag } from './token-replication-lag.ts';
import { tokenRevoke } from './token-revoke.ts';
import { vipsExhausted } from './vips-exhausted.ts';

/** Every fault that a rule can name, by group. Its parameters were checked by its own schema before it gets them. */
export const knownFaults: ReadonlyMap<string, Fault<unknown>> = new Map(
  [
    responseLost,
    connectRefuse,
    connectTimeout,
    latency,
    headersStall,
    bodyStall,
    bodyTruncate,
    bodyNotJson,
    http5xx,
    httpUnexpected2xx,
    duplicateDelivery,
    reorder,
    authFailSeq,
    authDown,
    tokenReplicationLag,
    tokenExpireEarly,
    tokenRevoke,
    service401Once,
    service403Forbidden,
    authSlowCatalog,
    catalogMissing,
    catalogDuplicate,
    catalogReordered,
    mossoUnknownTenant,
    adminTokenExpired,
    ratelimit,
    quota,
    clbNodeLimit,
    batchDeleteLimit,
    metadataLimit,
    clbLbLimit,
    vipsExhausted,
    novaBadRequest,
    novaNetworkPolicy,
    buildTime,
    buildStuck,
    buildError,
    activeError,
    activeShutoff,
    statusSet,
    tempState,
    deleteSlow,
    deleteIgnored,
    deleteRestartsBuild,
    deleteShowsActive,
    deleteFail,
    ipLate,
    ipNone,
    ipReuse,
    metadataLost,
    metadataEdited,
    listLag,
    listOmit,
    listCellDown,
    listEmpty,
    listDuplicateRow,
    listPartialPage,
    listRepeatNextLink,
    listNoNextLink,
    listExtraEmptyPage,
    listMarkerGone,
    listShuffle,
    detailDisagrees,
    createFalseNegative,
    createDuplicate,
    changesSinceWindow,
    clbLock,
    clbStatus,
    clbOverlapError,
    clbErrorResync,
    clbVanish,
    clbListStaleNodes,
    clbNodeGone,
    clbPartialBulk,
    clbDuplicateRace,
    clbWrongCode,
    clbImmutableText,
    healthNeverOnline,
    healthSlow,
    healthFlap,
    monitorToggle,
    drainConnections,
    nodeForeign,
    feedLag,
    feedPaged,
    feedOrder,
    feedMissingEntry,
    feedNode404,
    feedInfiniteNext,
    rcv3EchoUpper,
    rcv3Errors,
    rcv3PoolInactive,
    rcv3PoolRemoved,
    rcv3Unprocessable,
    rcv3Orphans,
    rcv3BulkError,
    rcv3CommitThen409,
    rcv3NodeState,
    cfFail,
    cf202,
    cfTooLong,
    cfDupId,
    cfDown,
    cfSlow,
    oobDeleteServer,
    oobErrorServer,
    oobDeleteNode,
    oobMoveNode,
    oobDeleteLb,
    oobRename,
    oobStripMetadata,
    oobResize,
    oobCreateForeignServer,
    limitsChange,
    regionOutage,
    providerRestart,
    clockSkew,
    clockWrongDate,
    tenantSuspended,
  ].map((fault) => [fault.name, fault as Fault<unknown>]),
);
