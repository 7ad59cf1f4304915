import type { Autoscaler } from '@lutra/core';
import type { Response } from 'express';

/** The autoscaler for the commands of one request: their activity tells the id of the request, and who was authenticated for it. */
export const askedIn = (res: Response, autoscaler: Autoscaler): Autoscaler =>
  autoscaler.as({ requestId: `${res.getHeader('X-Response-Id')}`, user: res.locals.user ?? null });
