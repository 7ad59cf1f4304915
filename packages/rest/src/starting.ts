import type { RequestListener } from 'node:http';
import { LutraError, type Random } from '@lutra/core';
import { answer } from './answer.ts';
import { beginAnswer } from './answer-headers.ts';
import { errorBody } from './error-responses.ts';

/** Answers every request of a host that listens but has nothing to serve yet: 503, in the format and with the headers of every error. */
export const starting =
  (random: Random): RequestListener =>
  (_req, res) => {
    beginAnswer(res, random);
    answer(res, 503, errorBody(new LutraError('unavailable', 'The host is starting; please repeat the call in a moment.')));
  };
